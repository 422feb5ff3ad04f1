"""A reminder that goes out, one that moves along, one that is not sent, and a call, in the embedded AWS."""

import pytest

from local.stack import Stack
from tests.journeys.reminders import Reminders

pytestmark = pytest.mark.stack


@pytest.mark.slow
def test_only_the_class_that_takes_place_is_mailed_and_the_others_say_why(stack: Stack) -> None:
    found = Reminders(stack.settings, bus=stack.outputs()["EventBusName"]).run()
    assert [message["problems"] for message in found["preview"]["messages"]] == [[]]
    assert {name: len(found[name]["mails"]) for name in ("kept", "moved", "cancelled")} == {
        "kept": 1,
        "moved": 0,
        "cancelled": 0,
    }
    assert found["kept"]["explanation"]["state"] in {"sent", "delivered"}
    moved = {row["anchor_version"]: (row["state"], row["reason"]) for row in found["moved"]["scheduled"]}
    assert moved == {1: ("cancelled", "anchor_moved"), 2: ("scheduled", None)}
    (cancelled,) = found["cancelled"]["scheduled"]
    assert cancelled["explanation"] == "What it reminds of was cancelled."
    (call,) = found["called"]["calls"]
    steps = [step["state"] for step in call["states"]]
    assert steps == ["queued", "initiated", "ringing", "in-progress", "call-disconnected", "completed"]
    assert found["called"]["explanation"]["state"] == "delivered"
    (end,) = [one for one in found["called"]["explanation"]["history"] if one["kind"] == "completed"]
    assert end["detail"]["recording_url"].endswith(f"{call['id']}/recording")

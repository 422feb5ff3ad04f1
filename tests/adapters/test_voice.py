"""The contract of calls: placed once, followed to their end, and believed only when Bolna itself says so."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from local.processes import wait_until
from lodestar.adapters import CapabilityNotConfigured, voice, wire
from lodestar.adapters.sending import NotSent, Outcome, OutcomeUnknown, Refused
from lodestar.adapters.vendors import VendorServer
from lodestar.adapters.voice.bolna import Bolna
from lodestar.adapters.webhooks import Malformed
from tests.adapters.conftest import live_key
from tests.adapters.listening import Endpoint
from tests.simulators.running import Simulators

ANSWERED, BUSY, NO_ANSWER, FAILED = "+12025550100", "+12025550101", "+12025550102", "+12025550103"


def call(to: str = ANSWERED, **more: Any) -> voice.VoiceCall:
    given: dict[str, Any] = {
        "reference": uuid4(),
        "to_e164": to,
        "agent": "3c90c3cc-0d44-4b50-8888-8dd25736052a",
        "variables": {"name": "Casey שלום", "class_title": "Astronomy 👩🏽‍🚀"},
    }
    return voice.VoiceCall(**{**given, **more})


def outcome_of(wanted: voice.VoiceCall, *, url: str | None = None) -> Outcome:
    caller = voice.voice_caller() if url is None else at(url)
    try:
        return caller.call(wanted)
    except (NotSent, Refused, OutcomeUnknown) as error:
        return error


def at(url: str) -> Bolna:
    return Bolna(VendorServer(vendor="bolna", base_url=url, api_key="key", offline=False), from_number=None)


def state_of(call_id: str) -> voice.CallState:
    state = voice.voice_caller().execution(call_id)
    assert state is not None
    return state


@pytest.fixture(params=["simulator", pytest.param("live", marks=pytest.mark.live)])
def placeable(
    request: pytest.FixtureRequest, running_simulators: Simulators, environment: pytest.MonkeyPatch
) -> Iterator[voice.VoiceCall]:
    """A call that may be made; simulated and real."""
    if request.param == "live":
        environment.undo()
        live_key("BOLNA_API_KEY")
        yield call(live_key("LIVE_CALL_TO"), agent=live_key("LIVE_BOLNA_AGENT"))
    else:
        running_simulators.reset()
        environment.setenv("SIMULATOR_URL", running_simulators.url)
        yield call()


def test_a_call_can_be_followed_and_found_by_our_reference(placeable: voice.VoiceCall) -> None:
    accepted = voice.voice_caller().call(placeable)

    state = state_of(accepted.vendor_message_id)
    assert (state.reference, state.agent) == (placeable.reference, placeable.agent)
    found = voice.voice_caller().find(placeable, since=datetime.now(UTC) - timedelta(minutes=1))
    assert found is not None
    assert found.call_id == accepted.vendor_message_id
    receipt = voice.receipt(placeable, accepted, state=state)
    assert (receipt.success, receipt.agent_id, receipt.to_number) == (
        True,
        placeable.agent,
        placeable.to_e164,
    )
    assert receipt.call_id == accepted.vendor_message_id


def test_a_call_that_nobody_made_is_not_found(placeable: voice.VoiceCall) -> None:
    assert voice.voice_caller().find(placeable, since=datetime.now(UTC) - timedelta(minutes=1)) is None
    assert voice.voice_caller().execution(str(uuid4())) is None


@pytest.mark.parametrize("name", ["", "..", "../user/me", "a/b", "a?b", "x" * 65, "é"])
def test_an_id_from_outside_never_leads_elsewhere(simulators: Simulators, name: str) -> None:
    assert voice.voice_caller().execution(name) is None


@pytest.mark.parametrize(
    ("number", "status", "seconds"), [(ANSWERED, "completed", 30), (BUSY, "busy", 0), (NO_ANSWER, "no_answer", 0), (FAILED, "failed", 0)]
)  # fmt: skip
def test_a_call_ends_in_the_plans_words(
    simulators: Simulators, number: str, status: str, seconds: float
) -> None:
    accepted = voice.voice_caller().call(call(number))

    wait_until(lambda: state_of(accepted.vendor_message_id).has_ended, seconds=15, what="the call's end")

    state = state_of(accepted.vendor_message_id)
    assert state.status == status
    assert (state.duration_seconds or 0) >= seconds
    assert (state.recording_url is not None) == (status == "completed")
    assert state.event().kind == status


def test_webhooks_tell_each_step_but_only_hint(simulators: Simulators, listening: Endpoint) -> None:
    simulators.order("bolna", webhook_url=listening.url)
    wanted = call(BUSY)
    accepted = voice.voice_caller().call(wanted)
    way_in = voice.webhook()

    wait_until(lambda: len(listening.posted) == 4, seconds=10, what="four steps")
    hints = [event for posted in listening.posted for event in way_in.events(posted.body)]

    assert not way_in.authenticated
    assert {hint.kind for hint in hints} == {"sent", "ringing", "busy"}
    assert {hint.vendor_message_id for hint in hints} == {accepted.vendor_message_id}
    assert {hint.reference for hint in hints} == {wanted.reference}
    assert state_of(accepted.vendor_message_id).event() in hints


@pytest.mark.parametrize(
    "number", ["", "12025550100", "+1 555", "+12025550100,+12025550101", "sip:a@b", "+12025550100\n"]
)
def test_what_is_not_exactly_one_number_is_never_called(simulators: Simulators, number: str) -> None:
    outcome = outcome_of(call(number))

    assert isinstance(outcome, Refused)
    assert outcome.code == "invalid_recipient"
    assert simulators.sent("bolna") == []


def test_each_fault_of_the_vendor_is_named_for_what_may_have_happened(simulators: Simulators) -> None:
    simulators.order("bolna", down=True)
    down = outcome_of(call())
    simulators.order("bolna", down=False, scenario="rate_limited")
    limited = outcome_of(call())
    simulators.order("bolna", scenario="normal")
    broken, refused, unknown = (
        outcome_of(call("+12025550109")), outcome_of(call("+12025550105")), outcome_of(call(agent="unknown")),
    )  # fmt: skip

    assert [type(outcome) for outcome in (down, limited, broken)] == [NotSent, NotSent, OutcomeUnknown]
    assert isinstance(refused, Refused)
    assert isinstance(unknown, Refused)
    assert simulators.inbox()["total"] == 0


def test_a_call_whose_answer_was_lost_is_found_again(
    simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "ANSWER_SECONDS", 0.3)
    lost, other = call("+12025550104"), call("+12025550104")

    outcome = outcome_of(lost, url=f"{simulators.url}/bolna")

    assert isinstance(outcome, OutcomeUnknown)
    since = datetime.now(UTC) - timedelta(seconds=30)
    found = voice.voice_caller().find(lost, since=since)
    assert found is not None
    assert found.reference == lost.reference
    assert voice.voice_caller().find(other, since=since) is None
    assert voice.receipt(lost, outcome).status == "unknown"
    assert voice.receipt(lost, outcome, state=found).status == found.status


def test_a_call_among_many_is_found(simulators: Simulators) -> None:
    simulators.order("bolna", time_factor=10)
    calls = [call() for _ in range(60)]
    for made in calls:
        voice.voice_caller().call(made)

    found = voice.voice_caller().find(calls[0], since=datetime.now(UTC) - timedelta(minutes=1))

    assert found is not None
    assert found.reference == calls[0].reference


@pytest.mark.parametrize(
    ("status", "kind"), [(302, NotSent), (400, Refused), (500, OutcomeUnknown), (503, NotSent), (504, OutcomeUnknown), (200, OutcomeUnknown)]
)  # fmt: skip
def test_each_answer_means_one_thing(listening: Endpoint, status: int, kind: type[Exception]) -> None:
    listening.answer = lambda _, __: (status, b"{not json")

    assert isinstance(outcome_of(call(), url=listening.url), kind)
    assert len(listening.posted) == 1
    if status != 500:
        with pytest.raises(NotSent):
            at(listening.url).execution("abc")


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": "a/b", "status": "completed", "agent_id": "x", "created_at": "2026-11-21T05:00:00Z"}',
                                  b'{"id": "a", "status": "exploded", "agent_id": "x", "created_at": "2026-11-21T05:00:00Z"}'])  # fmt: skip
def test_a_body_that_is_none_of_bolnas_is_said_to_be_so(body: bytes) -> None:
    with pytest.raises(Malformed):
        voice.webhook().events(body)


def test_what_somebody_posts_does_not_change_what_bolna_says(simulators: Simulators) -> None:
    accepted = voice.voice_caller().call(call(BUSY))
    forged = {
        "id": accepted.vendor_message_id, "agent_id": "x", "status": "completed", "created_at": "2026-11-21T05:00:00Z",
    }  # fmt: skip

    [hint] = voice.webhook().events(json.dumps(forged).encode())

    assert hint.kind == "completed"
    assert state_of(str(hint.vendor_message_id)).status != "completed"


def test_a_queued_call_can_be_stopped_at_the_vendor(simulators: Simulators) -> None:
    simulators.order("bolna", time_factor=10)
    accepted = voice.voice_caller().call(call())
    url = f"{simulators.url}/bolna/call/{accepted.vendor_message_id}/stop"
    httpx.post(url, headers={"authorization": "Bearer key"}).raise_for_status()

    assert state_of(accepted.vendor_message_id).status == "canceled"


def test_without_settings_nobody_is_called(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(CapabilityNotConfigured, match="BOLNA_API_KEY"):
        voice.voice_caller()

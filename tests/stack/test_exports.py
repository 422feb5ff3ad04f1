"""An export on a running stack: by the deployed function, with its own layer and its own rights on storage."""

from typing import Any

import httpx
import pytest

from local.client import wait_for
from local.stack import Stack
from tests.journeys.journey import Journey

pytestmark = [pytest.mark.stack, pytest.mark.slow]
BEGINNINGS = {"csv": b"\xef\xbb\xbflearner_id,", "xlsx": b"PK"}


def test_tables_of_both_formats_are_made_and_fetched_by_their_links(stack: Stack) -> None:
    journey = Journey(stack.url, stack.settings.simulator_url, say=lambda _: None)
    journey.arrive(stars=2)
    staff = journey.staff
    (found,) = staff.get("/v1/insights/learners", q=journey.learner.api.get("/v1/identity/me")["email"])[
        "data"
    ]
    assert found["stars"] == 2
    for format_, beginning in BEGINNINGS.items():
        export = staff.post("/v1/insights/exports", {"format": format_, "filters": {"star": 2}})

        def made(export_id: str = export["id"]) -> dict[str, Any] | None:
            now: dict[str, Any] = staff.get(f"/v1/insights/exports/{export_id}")
            assert now["state"] != "failed", now
            return now if now["state"] == "completed" else None

        done = wait_for(made, seconds=120, what=f"the {format_}")
        assert done["row_count"] >= 1
        answer = httpx.get(done["download"]["url"], timeout=30).raise_for_status()
        assert answer.content.startswith(beginning)
        assert f'.{format_}"' in answer.headers["content-disposition"]

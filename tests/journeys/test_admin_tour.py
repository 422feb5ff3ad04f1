"""docs/guides/admin-api.md does what it says: every block runs, by one API key and curl, and has its effect."""

import json
from typing import Any

import pytest

from local.client import Client, wait_for
from local.deploy import ADMINISTRATOR_EMAIL, ADMINISTRATOR_PASSWORD
from local.stack import Stack
from tests.journeys.admin_tour import Toured, run

pytestmark = [pytest.mark.stack, pytest.mark.slow]


@pytest.fixture(scope="module")
def toured(stack: Stack) -> Toured:
    return run(stack.settings)


@pytest.fixture(scope="module")
def platform(stack: Stack) -> Client:
    return Client(stack.url).sign_in(ADMINISTRATOR_EMAIL, ADMINISTRATOR_PASSWORD)


@pytest.fixture(scope="module")
def college(platform: Client, toured: Toured) -> Client:
    """The administrator in the organization that the tour made."""
    return platform.within(toured.kept["TOUR"])


def said_by(toured: Toured, words: str) -> str:
    """What the block printed that said these words."""
    return next(said for said in toured.said if words in said)


def test_the_program_is_published_with_all_that_its_learners_are_asked(
    college: Client, toured: Toured
) -> None:
    program = college.get(f"/v1/learning/programs/{toured.kept['PROGRAM']}")
    assert program["published_number"] == 1
    kinds = {row["kind"] for row in college.every("/v1/assessment/assessments")}
    assert kinds == {"initial", "quiz", "project", "interview", "promotion_exam"}
    items = college.get(f"/v1/assessment/lesson-items/{toured.kept['LESSON']}")["items"]
    assert [item["role"] for item in items] == ["required", "fallback"]
    (assigned,) = college.get("/v1/learning/program-assignments")["data"]
    assert assigned["program_id"] == program["id"]


def test_the_invited_learner_is_enrolled_and_has_the_tier_that_was_decided(
    college: Client, toured: Toured
) -> None:
    enrollment = college.get(f"/v1/learning/enrollments/{toured.kept['ENROLLMENT']}")
    assert (enrollment["stars"], enrollment["tier"]["tier"]) == (1, "gold")
    (override,) = college.get("/v1/learning/overrides", enrollment_id=enrollment["id"])["data"]
    assert override["reason"] == "Credit for the programme of another institution."


@pytest.fixture(scope="module")
def northwind(platform: Client) -> Client:
    """The administrator in the seeded organization, whose learner the tour watched."""
    return platform.within(platform.get("/v1/identity/organizations", slug="northwind")["data"][0]["id"])


def test_a_learner_was_watched_to_the_end(northwind: Client, toured: Toured) -> None:
    watching = said_by(toured, "5 of 5 stars")
    assert watching.splitlines()[-1] == "5 of 5 stars"
    learner_id = toured.kept["LEARNER"]
    (enrollment,) = northwind.get("/v1/learning/enrollments", learner_id=learner_id)["data"]
    assert (enrollment["stars"], enrollment["status"]) == (5, "completed")
    assert enrollment["tier"]["tier"] == "silver", (
        "promotion failed at Star 2, skipped at 3, passed at 4 (story 4)"
    )
    progress = northwind.get(f"/v1/learning/enrollments/{enrollment['id']}/progress")
    assert all(stage["earned"] for stage in progress["stages"])
    attempts = list(northwind.every("/v1/assessment/attempts", learner_id=learner_id))
    assert {attempt["source"] for attempt in attempts} == {"bank", "model"}
    assert [one["graded_by"] for one in attempts if one["kind"] == "project"] == ["model"]


def test_the_disputed_interview_was_decided_by_a_person(northwind: Client, toured: Toured) -> None:
    appeals = {row["id"]: row for row in northwind.every("/v1/assessment/appeals")}
    assert appeals[toured.kept["APPEAL"]]["state"] == "upheld"
    attempt = northwind.get(f"/v1/assessment/attempts/{toured.kept['ATTEMPT']}")
    assert (attempt["kind"], attempt["state"]) == ("interview", "decided")


def test_the_exported_progress_holds_the_learner(toured: Toured) -> None:
    assert "Tomas Tour" in said_by(toured, "Tomas Tour,")


def test_the_key_s_changes_stand_in_the_audit_log_and_its_chain_was_proved_twice(
    college: Client, toured: Toured
) -> None:
    key_id, head = toured.kept["KEY_ID"], json.loads(toured.kept["HEAD"])
    done = {row["action"] for row in college.every("/v1/identity/audit-events", api_key_id=key_id)}
    assert done >= {
        "program.published", "program.assigned", "module.created", "lesson.created", "item.created",
        "invitation.created", "enrollment.overridden", "export.requested", "audit_log.export_requested",
    }  # fmt: skip
    assert college.get("/v1/identity/audit-events", action="upload.received")["data"]
    assert '"holds": true' in said_by(toured, '"holds"')
    offline = said_by(toured, "The chain of organization")
    assert f"The chain of organization {toured.kept['TOUR']} holds" in offline
    assert "BROKEN at entry 2" in offline
    assert head["sequence"] > 10


def test_what_the_key_said_of_its_limit(toured: Toured) -> None:
    assert 'ratelimit-policy: "key";q=1200;w=60' in said_by(toured, "olicy").lower()


def test_the_key_and_its_successor_are_revoked(platform: Client, toured: Toured) -> None:
    keys = {row["id"]: row for row in platform.every("/v1/identity/api-keys")}
    revoked = keys[toured.kept["KEY_ID"]]
    assert (revoked["state"], keys[revoked["rotated_to"]]["state"]) == ("revoked", "revoked")
    assert revoked["last_used_at"]

    def ended() -> dict[str, Any] | None:
        rows: list[dict[str, Any]] = platform.get(
            "/v1/identity/audit-events", subject_id=revoked["id"], action="api_key"
        )["data"]
        return rows[0] if rows and rows[0]["action"] == "api_key.revoked" else None

    assert wait_for(ended, seconds=30, what="the entry of the revocation")

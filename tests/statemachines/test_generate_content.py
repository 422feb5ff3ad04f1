"""statemachines/generate_content.asl.json, walked in the embedded AWS."""

from typing import Any
from uuid import uuid4

import pytest

from local.client import wait_for
from tests.journeys.learner import Learner
from tests.stack.executions import reached, tell_again, walked
from tests.stack.functions import NO_DATABASE, broken, misled
from tests.stack.product import Product

pytestmark = [pytest.mark.stack, pytest.mark.slow]
MACHINE = "generate_content"
MADE = ["ClaimGeneration", "IsClaimed", "GenerateContent", "SettleContent", "Prepared"]
FAILED = ["FailGeneration", "GenerationFailed"]


@pytest.fixture(scope="module")
def lessons(running: Product) -> "Lessons":
    return Lessons(running.learner(stars=1))


class Lessons:
    """A learner whose every lesson is good for one quiz."""

    def __init__(self, learner: Learner) -> None:
        self.learner = learner
        self._left = [
            (module["module_id"], lesson["lesson_id"])
            for module in learner.modules("course")
            for lesson in module["details"]["lessons"]
        ]

    def request(self) -> str:
        """Ask for the quiz of the next lesson; the attempt's id."""
        module_id, lesson_id = self._left.pop()
        api = self.learner.api
        (quiz,) = api.get("/v1/assessment/assessments", kind="quiz", module_id=module_id)["data"]
        body = {
            "enrollment_id": self.learner.enrollment_id,
            "assessment_id": quiz["id"],
            "lesson_id": lesson_id,
        }
        return str(api.post("/v1/assessment/attempts", body)["id"])

    def read(self, attempt_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.learner.api.get(f"/v1/assessment/attempts/{attempt_id}")
        return found


def test_the_first_model_serves(served: Product, lessons: Lessons) -> None:
    attempt_id = lessons.request()
    walk = walked(served.stack, MACHINE, attempt_id)
    assert (walk.states, walk.failures) == (MADE, [])
    attempt = lessons.read(attempt_id)
    assert (attempt["state"], attempt["source"], attempt["model"]) == (
        "draft",
        "model",
        "offline-gemini-2.0-flash",
    )


def test_the_next_vendor_serves_when_the_first_is_down(served: Product, lessons: Lessons) -> None:
    served.simulators.order("gemini", down=True)
    attempt_id = lessons.request()
    assert walked(served.stack, MACHINE, attempt_id).states == MADE
    attempt = lessons.read(attempt_id)
    assert (attempt["source"], attempt["model"]) == ("model", "offline-gpt-4o-mini")


@pytest.mark.parametrize("orders", [{"down": True}, {"scenario": "rubbish"}], ids=["down", "rubbish"])
def test_the_bank_serves_when_no_model_does(
    served: Product, lessons: Lessons, orders: dict[str, Any]
) -> None:
    served.order_models(**orders)
    attempt_id = lessons.request()
    assert walked(served.stack, MACHINE, attempt_id).states == MADE
    attempt = lessons.read(attempt_id)
    assert (attempt["state"], attempt["source"], attempt["model"]) == ("draft", "bank", None)


def test_the_bank_serves_when_asking_models_breaks(served: Product, lessons: Lessons) -> None:
    with broken(served.stack, "GenerateContent"):
        attempt_id = lessons.request()
        walk = walked(served.stack, MACHINE, attempt_id)
    assert walk.states == [*MADE[:3], "MadeNothing", *MADE[3:]]
    assert lessons.read(attempt_id)["source"] == "bank"


@pytest.mark.parametrize("state", ["ClaimGeneration", "GenerateContent", "SettleContent"])
def test_a_step_that_cannot_reach_the_database_is_repeated(
    served: Product, projects: Learner, state: str
) -> None:
    with misled(served.stack, state, DATABASE_URL=NO_DATABASE):
        attempt_id = request_project(projects)
        wait_for(
            lambda: reached(served.stack, MACHINE, attempt_id, state).failures,
            seconds=30,
            what="its first failure",
        )
    walk = walked(served.stack, MACHINE, attempt_id)
    assert walk.states == MADE
    assert set(walk.failures) == {"OperationalError"}
    withdraw(served, attempt_id)


@pytest.fixture(scope="module")
def projects(running: Product) -> Learner:
    """A learner who may have a project made; one that failed does not count."""
    return running.learner(stars=3)


def request_project(learner: Learner) -> str:
    """Ask for a project; the attempt's id."""
    (project,) = learner.api.get("/v1/assessment/assessments", kind="project")["data"]
    body = {"enrollment_id": learner.enrollment_id, "assessment_id": project["id"]}
    return str(learner.api.post("/v1/assessment/attempts", body)["id"])


def withdraw(served: Product, attempt_id: str) -> None:
    """Make room for the learner's next attempt."""
    served.execute(
        "UPDATE assessment.attempts SET state = 'failed', failure_code = 'withdrawn', ended_at = now() WHERE id = :id",
        id=attempt_id,
    )


def test_an_event_that_is_told_twice_makes_content_once(served: Product, projects: Learner) -> None:
    attempt_id = request_project(projects)
    first = walked(served.stack, MACHINE, attempt_id)
    tell_again(served.stack, first)
    again = walked(served.stack, MACHINE, attempt_id, nth=2)
    assert again.states == ["ClaimGeneration", "IsClaimed", "Superseded"]
    withdraw(served, attempt_id)


def test_a_step_that_keeps_failing_ends_the_attempt_by_name(served: Product, projects: Learner) -> None:
    with broken(served.stack, "SettleContent"):
        attempt_id = request_project(projects)
        walk = walked(served.stack, MACHINE, attempt_id)
    assert walk.status == "FAILED"
    assert walk.states == [*MADE[:-1], *FAILED]
    attempt = projects.api.get(f"/v1/assessment/attempts/{attempt_id}")
    assert (attempt["state"], attempt["failure_code"]) == ("failed", "generation_failed")


@pytest.mark.parametrize(
    ("steps", "states"),
    [
        (["ClaimGeneration"], ["ClaimGeneration", *FAILED]),
        (["SettleContent", "FailGeneration"], [*MADE[:-1], "FailGeneration", "Abandoned"]),
    ],
    ids=["never claimed", "failure not stored"],
)
def test_what_could_not_even_be_failed_is_started_again_by_reconcile(
    served: Product, projects: Learner, steps: list[str], states: list[str]
) -> None:
    with broken(served.stack, *steps):
        attempt_id = request_project(projects)
        walk = walked(served.stack, MACHINE, attempt_id)
    assert (walk.status, walk.states) == ("FAILED", states)
    served.let_pass(attempt_id)
    served.reconcile()
    assert walked(served.stack, MACHINE, attempt_id, nth=2).states == MADE
    assert projects.api.get(f"/v1/assessment/attempts/{attempt_id}")["state"] == "draft"
    withdraw(served, attempt_id)


def test_without_models_and_banks_the_attempt_says_so(served: Product) -> None:
    served.order_models(down=True)
    learner = served.learner(stars=3, background=an_empty_background(served))
    attempt_id = request_project(learner)
    walk = walked(served.stack, MACHINE, attempt_id)
    assert walk.states == [*MADE[:-1], *FAILED]
    assert walk.failures == ["NothingToAsk"]
    attempt = learner.api.get(f"/v1/assessment/attempts/{attempt_id}")
    assert (attempt["state"], attempt["failure_code"]) == ("failed", "no_content")


def an_empty_background(served: Product) -> str:
    """A background for which nobody has written anything; its key."""
    key = f"empty-{uuid4().hex[:8]}"
    body = {
        "key": key,
        "title": "Nothing yet",
        "description": "Nothing is written for it.",
        "submission_kind": "text",
        "project_types": ["case_study"],
    }
    served.staff.post("/v1/assessment/backgrounds", body)
    return key

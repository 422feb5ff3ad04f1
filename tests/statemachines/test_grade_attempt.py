"""statemachines/grade_attempt.asl.json, walked in the embedded AWS."""

from typing import Any
from uuid import uuid4

import pytest

from local.client import wait_for
from tests.journeys.learner import Learner
from tests.stack.executions import Execution, reached, tell_again, walked
from tests.stack.functions import NO_DATABASE, broken, misled
from tests.stack.product import Product
from tests.stack.works import ORDERS_THE_GRADER, SOUND, spoken, uploaded

pytestmark = [pytest.mark.stack, pytest.mark.slow]
MACHINE = "grade_attempt"
FETCHES = {"repository": "FetchRepository", "text": "FetchText", "video": "FetchVideo"}
JUDGED = ["IsRead", "GiveOpinion", "IsCertain", "SettleGrade", "Settled"]
FAILED = ["FailGrading", "GradingFailed"]
NOBODY_THERE = "http://127.0.0.1:9"


def read(kind: str) -> list[str]:
    """The states up to the work being read."""
    return ["ClaimGrading", "WhatWasHandedIn", FETCHES[kind]]


def a_project(learner: Learner) -> str:
    """A project that its learner has started; the attempt's id."""
    attempt = learner.open_attempt(kind="project")
    learner.start(attempt["id"])
    return str(attempt["id"])


def hand_in(learner: Learner, attempt_id: str, **work: Any) -> None:
    learner.api.post(f"/v1/assessment/attempts/{attempt_id}/submissions", work)


def outcome(learner: Learner, attempt_id: str) -> tuple[str, str | None]:
    """The attempt's state, and why a person decides or why it failed."""
    attempt = learner.api.get(f"/v1/assessment/attempts/{attempt_id}")
    return attempt["state"], attempt["review_reason"] or attempt["failure_code"]


@pytest.fixture(scope="module")
def writer(running: Product) -> Learner:
    """Somebody whose attempts end failed, and so do not count."""
    return running.learner(stars=3)


@pytest.fixture(scope="module")
def developer(running: Product) -> Learner:
    return running.learner(stars=3, background="computer-science")


def test_a_text_is_graded_by_its_evidence(served: Product) -> None:
    learner = served.learner(stars=3)
    attempt_id = a_project(learner)
    hand_in(learner, attempt_id, kind="text", text=SOUND)
    walk = walked(served.stack, MACHINE, attempt_id)
    assert (walk.states, walk.failures) == ([*read("text"), *JUDGED], [])
    assert outcome(learner, attempt_id) == ("graded", None)
    assert learner.await_stars(4)["stars"] == 4


def test_a_repository_is_graded_at_its_commit(served: Product) -> None:
    learner = served.learner(stars=3, background="computer-science")
    attempt_id = a_project(learner)
    hand_in(learner, attempt_id, kind="repository", url="https://github.com/sample-learner/habit-tracker")
    walk = walked(served.stack, MACHINE, attempt_id)
    assert (walk.states, walk.failures) == ([*read("repository"), *JUDGED], [])
    attempt = learner.api.get(f"/v1/assessment/attempts/{attempt_id}")
    assert attempt["state"] == "graded"
    assert len(attempt["submission"]["commit_sha"]) == 40


def test_a_recording_that_is_still_processed_is_waited_for(served: Product) -> None:
    served.simulators.order("openai", latency_ms=6000)
    learner, attempt_id = an_interview(served)
    walk = walked(served.stack, MACHINE, attempt_id)
    assert walk.states[:6] == [*read("video"), "IsRead", "WaitForRecording", "FetchVideo"]
    assert walk.states[-5:] == JUDGED
    assert outcome(learner, attempt_id)[0] == "graded"


def an_interview(served: Product) -> tuple[Learner, str]:
    """An interview whose recording was handed in; the attempt's id."""
    learner = served.learner(stars=4)
    for purpose in ("recording", "ai_video_analysis"):
        learner.api.post("/v1/identity/consents", {"purpose": purpose, "notice_version": "2026-01"})
    attempt = learner.open_attempt(kind="interview")
    learner.start(attempt["id"])
    hand_in(
        learner,
        attempt["id"],
        kind="video",
        asset_id=uploaded(learner.api, spoken(), purpose="interview_video"),
    )
    return learner, str(attempt["id"])


def test_a_recording_without_a_transcript_is_left_to_a_person(served: Product) -> None:
    served.simulators.order("openai", down=True)
    learner, attempt_id = an_interview(served)
    walk = walked(served.stack, MACHINE, attempt_id)
    assert walk.states[-3:] == ["IsRead", "SettleGrade", "Settled"]
    assert outcome(learner, attempt_id) == ("needs_review", "no_transcript")


def test_a_recording_that_storage_withholds_is_asked_for_again(served: Product) -> None:
    with misled(served.stack, "GiveOpinion", AWS_ENDPOINT_URL=NOBODY_THERE):
        learner, attempt_id = an_interview(served)
        await_failure(served, attempt_id, "GiveOpinion")
    walk = walked(served.stack, MACHINE, attempt_id)
    assert (walk.states[-5:], set(walk.failures)) == (JUDGED, {"StorageUnavailable"})
    assert outcome(learner, attempt_id)[0] == "graded"


def test_rubbish_is_asked_for_again_by_another_strategy(served: Product) -> None:
    learner = served.learner(stars=3)
    attempt_id = a_project(learner)
    served.order_models(scenario="rubbish")
    hand_in(learner, attempt_id, kind="text", text=SOUND)
    reached(served.stack, MACHINE, attempt_id, "GiveSecondOpinion")
    served.simulators.reset()
    walk = walked(served.stack, MACHINE, attempt_id)
    assert walk.states[-4:] == ["IsCertain", "GiveSecondOpinion", "SettleGrade", "Settled"]
    assert outcome(learner, attempt_id) == ("graded", None)
    query = "SELECT run, strategy FROM assessment.grades WHERE attempt_id = :id"
    assert served.execute(query, id=attempt_id) == [{"run": 2, "strategy": "evidence-first"}]


def test_without_any_model_a_person_grades(served: Product) -> None:
    learner = served.learner(stars=3)
    attempt_id = a_project(learner)
    served.order_models(down=True)
    hand_in(learner, attempt_id, kind="text", text=SOUND)
    assert walked(served.stack, MACHINE, attempt_id).states == [*read("text"), *JUDGED]
    assert outcome(learner, attempt_id) == ("needs_review", "no_model")


def test_a_text_that_gives_orders_is_left_to_a_person(served: Product) -> None:
    learner = served.learner(stars=3)
    attempt_id = a_project(learner)
    served.order_models(scenario="obedient")
    hand_in(learner, attempt_id, kind="text", text=ORDERS_THE_GRADER)
    assert walked(served.stack, MACHINE, attempt_id).states[-1] == "Settled"
    assert outcome(learner, attempt_id) == ("needs_review", "integrity")


def test_a_repository_that_cannot_be_read_is_refused_by_name(served: Product, developer: Learner) -> None:
    attempt_id = a_project(developer)
    hand_in(developer, attempt_id, kind="repository", url="https://github.com/sample-learner/private")
    walk = walked(served.stack, MACHINE, attempt_id)
    assert walk.states == [*read("repository"), "IsRead", "Refused"]
    assert outcome(developer, attempt_id) == ("failed", "repository_not_found")


def test_a_code_host_that_is_down_is_asked_again(served: Product, developer: Learner) -> None:
    served.simulators.order("github", down=True)
    name = f"empty-{uuid4().hex[:8]}"
    served.simulators.push("sample-learner", name, {"notes.bin": "\0"})
    attempt_id = a_project(developer)
    hand_in(developer, attempt_id, kind="repository", url=f"https://github.com/sample-learner/{name}")
    await_failure(served, attempt_id, "FetchRepository")
    served.simulators.reset()
    walk = walked(served.stack, MACHINE, attempt_id)
    assert walk.states == [*read("repository"), "IsRead", "Refused"]
    assert set(walk.failures) == {"CodeHostingUnavailable"}


def test_work_that_is_told_of_twice_is_graded_once(served: Product) -> None:
    learner = served.learner(stars=3)
    attempt_id = a_project(learner)
    hand_in(learner, attempt_id, kind="text", text=SOUND)
    tell_again(served.stack, walked(served.stack, MACHINE, attempt_id))
    again = walked(served.stack, MACHINE, attempt_id, nth=2)
    assert again.states == ["ClaimGrading", "WhatWasHandedIn", "Superseded"]
    query = "SELECT count(*) AS grades FROM assessment.grades WHERE attempt_id = :id"
    assert served.execute(query, id=attempt_id) == [{"grades": 1}]


def test_an_execution_that_lost_its_claim_steps_back(served: Product, writer: Learner) -> None:
    attempt_id = a_project(writer)
    served.simulators.order("gemini", latency_ms=3000)
    hand_in(writer, attempt_id, kind="text", text=SOUND)
    reached(served.stack, MACHINE, attempt_id, "GiveOpinion")
    served.execute("UPDATE assessment.attempts SET claimed_by = 'another' WHERE id = :id", id=attempt_id)
    walk = walked(served.stack, MACHINE, attempt_id)
    assert (walk.states[-2:], walk.failures) == (["GiveOpinion", "Superseded"], ["ClaimLost"])
    withdraw(served, attempt_id)


@pytest.mark.parametrize("state", ["ClaimGrading", "FetchText", "GiveOpinion", "SettleGrade"])
def test_a_step_that_cannot_reach_the_database_is_repeated(
    served: Product, writer: Learner, state: str
) -> None:
    attempt_id = a_project(writer)
    with misled(served.stack, state, DATABASE_URL=NO_DATABASE):
        hand_in(writer, attempt_id, kind="text", text=SOUND)
        await_failure(served, attempt_id, state)
    walk = walked(served.stack, MACHINE, attempt_id)
    assert (walk.states, set(walk.failures)) == ([*read("text"), *JUDGED], {"OperationalError"})
    assert outcome(writer, attempt_id)[0] == "graded"
    withdraw(served, attempt_id)


@pytest.mark.parametrize("state", ["FetchText", "GiveOpinion", "SettleGrade"])
def test_a_step_that_keeps_failing_ends_the_attempt_by_name(
    served: Product, writer: Learner, state: str
) -> None:
    attempt_id = a_project(writer)
    with broken(served.stack, state):
        hand_in(writer, attempt_id, kind="text", text=SOUND)
        walk = walked(served.stack, MACHINE, attempt_id)
    assert (walk.status, walk.states[-3:]) == ("FAILED", [state, *FAILED])
    assert outcome(writer, attempt_id) == ("failed", "grading_failed")


def test_a_repository_that_breaks_its_step_ends_the_attempt_by_name(
    served: Product, developer: Learner
) -> None:
    attempt_id = a_project(developer)
    with broken(served.stack, "FetchRepository"):
        url = "https://github.com/sample-learner/habit-tracker"
        hand_in(developer, attempt_id, kind="repository", url=url)
        walk = walked(served.stack, MACHINE, attempt_id)
    assert walk.states == [*read("repository"), *FAILED]
    assert outcome(developer, attempt_id) == ("failed", "grading_failed")


@pytest.mark.parametrize("steps", [["ClaimGrading"], ["SettleGrade", "FailGrading"]])
def test_what_could_not_even_be_failed_is_started_again_by_reconcile(
    served: Product, writer: Learner, steps: list[str]
) -> None:
    attempt_id = a_project(writer)
    with broken(served.stack, *steps):
        hand_in(writer, attempt_id, kind="text", text=SOUND)
        walk = walked(served.stack, MACHINE, attempt_id)
    assert (walk.status, walk.states[-2:]) == ("FAILED", FAILED)
    assert outcome(writer, attempt_id)[0] in ("submitted", "grading")
    served.let_pass(attempt_id)
    served.reconcile()
    assert walked(served.stack, MACHINE, attempt_id, nth=2).states == [*read("text"), *JUDGED]
    assert outcome(writer, attempt_id)[0] == "graded"
    withdraw(served, attempt_id)


def await_failure(served: Product, attempt_id: str, state: str) -> Execution:
    """The execution, once its state has failed for the first time."""

    def look() -> Execution | None:
        walk = reached(served.stack, MACHINE, attempt_id, state)
        return walk if walk.failures else None

    return wait_for(look, seconds=60, what=f"the first failure of {state}")


def withdraw(served: Product, attempt_id: str) -> None:
    """Make room for the learner's next attempt."""
    served.execute(
        "UPDATE assessment.attempts SET state = 'failed', failure_code = 'withdrawn' WHERE id = :id",
        id=attempt_id,
    )

"""Stars: awarded by evidence, once, in order, whatever the order of events (acceptance story 2)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from learning.models.enrollments import Enrollment
from learning.service import standing
from local.processes import wait_until
from lodestar.contracts.assessment import AssessmentKind, AttemptDecided
from lodestar.contracts.learning import ModuleKind
from lodestar.db import work_for
from tests.gateway import Person, get, put
from tests.learning.conftest import Start
from tests.learning.telling import Learner, tell, told


def progress(learner: Learner, person: Person) -> Any:
    return get(f"/v1/learning/enrollments/{learner.enrollment_id}/progress", as_=person).expect(200)


def stars(learner: Learner, person: Person) -> int:
    found: int = progress(learner, person)["stars"]
    return found


def awards(learner: Learner) -> list[tuple[int, dict[str, Any]]]:
    query = text("SELECT star, evidence FROM learning.stage_awards WHERE enrollment_id = :id ORDER BY star")
    with work_for(learner.org_id) as session:
        return [(r.star, r.evidence) for r in session.execute(query, {"id": learner.enrollment_id})]


@pytest.mark.parametrize(
    ("scores", "tier"),
    [((59, 60, 60, 60, 60), "bronze"), ((60, 60, 60, 60, 60), "silver"), ((100, 100, 100, 60, 40), "gold")],
)
def test_five_assessments_award_star_one_and_the_mean_sets_the_tier(
    start: Start, scores: tuple[float, ...], tier: str
) -> None:
    learner, person = start()
    learner.take_assessments(*scores[:4])
    assert (stars(learner, person), told(learner.org_id, "star_awarded")) == (0, [])
    learner.program.modules[ModuleKind.ASSESSMENT].reverse()
    learner.take_assessments(scores[4])
    found = progress(learner, person)
    assert (found["stars"], found["tier"]["tier"]) == (1, tier)
    assert [event["star"] for event in told(learner.org_id, "star_awarded")] == [1]
    assert [(e["old"], e["new"], e["cause"]) for e in told(learner.org_id, "tier_changed")] == [
        (None, tier, "initial")
    ]
    assert awards(learner)[0][1]["mean"] == sum(scores) / 5


def test_star_two_needs_every_required_lesson_and_its_quiz(start: Start) -> None:
    learner, person = start(stars=1, quizzes=True)
    first, second = learner.program.lesson_assets
    learner.watch(first)
    learner.pass_quiz(learner.program.lessons[0])
    learner.watch(second)
    found = progress(learner, person)
    course = next(m for m in found["modules"] if m["kind"] == "course")
    assert (found["stars"], course["details"]["text"]) == (1, "1 of 2")
    assert found["next_step"]["action"] == "take_quiz"
    learner.pass_quiz(learner.program.lessons[1])
    assert stars(learner, person) == 2
    assert len(told(learner.org_id, "lesson_completed")) == 2
    assert [event["star"] for event in told(learner.org_id, "promotion_offered")] == [2]


def test_a_text_lesson_is_done_when_it_was_read(start: Start) -> None:
    learner, person = start(stars=1, text_lesson=True)
    learner.watch(learner.program.lesson_assets[0])
    url = f"/v1/learning/enrollments/{learner.enrollment_id}/lesson-progress/{learner.program.lessons[1]}"
    opened = put(url, {}, as_=person).expect(200)
    assert (opened["completed_at"], opened["stars"]) == (None, 1)
    read = put(url, {"read": True}, as_=person).expect(200)
    assert read["completed_at"]
    assert read["stars"] == 2
    again = put(url, {"read": True}, as_=person).expect(200)
    assert (again["completed_at"], again["stars"]) == (read["completed_at"], 2)
    assert len(told(learner.org_id, "star_awarded")) == 1


def test_saying_that_a_video_was_read_completes_nothing(start: Start) -> None:
    learner, person = start(stars=1)
    url = f"/v1/learning/enrollments/{learner.enrollment_id}/lesson-progress/{learner.program.lessons[0]}"
    assert put(url, {"read": True}, as_=person).expect(200)["completed_at"] is None


def test_seeking_earns_nothing_and_five_watched_masterclasses_earn_star_three_once(start: Start) -> None:
    learner, person = start(stars=2)
    talks = learner.program.masterclass_assets
    for asset_id in talks[4:]:
        learner.watch(asset_id, percent=94.9)
    for asset_id in talks[:4]:
        learner.watch(asset_id, percent=95)
    stage = progress(learner, person)["stages"][2]
    assert (stage["text"], stage["earned"]) == ("4 of 5", False)
    learner2, person2 = start(stars=2)
    for asset_id in learner2.program.masterclass_assets[:5]:
        learner2.watch(asset_id, percent=95)
    assert stars(learner2, person2) == 3
    before = awards(learner2)
    learner2.watch(learner2.program.masterclass_assets[5])
    found = progress(learner2, person2)
    assert (found["stars"], found["stages"][2]["text"]) == (3, "5 of 5")
    assert awards(learner2) == before
    assert [event["star"] for event in told(learner2.org_id, "star_awarded")] == [3]


def test_a_failed_project_earns_nothing_and_a_passed_interview_completes_the_program(start: Start) -> None:
    learner, person = start(stars=3)
    learner.hand_in(ModuleKind.PROJECT, passed=False)
    assert stars(learner, person) == 3
    learner.hand_in(ModuleKind.PROJECT)
    assert stars(learner, person) == 4
    learner.hand_in(ModuleKind.INTERVIEW)
    found = progress(learner, person)
    assert (found["stars"], found["status"], found["next_step"]["action"]) == (5, "completed", "none")
    assert found["completed_at"]
    assert len(told(learner.org_id, "program_completed")) == 1


def test_evidence_that_came_early_counts_as_soon_as_its_stage_opens(start: Start) -> None:
    learner, person = start()
    for asset_id in [*learner.program.lesson_assets, *learner.program.masterclass_assets[:5]]:
        learner.watch(asset_id)
    assert stars(learner, person) == 0
    learner.take_assessments(50, 50, 50, 50, 50)
    assert stars(learner, person) == 3
    assert [event["star"] for event in told(learner.org_id, "star_awarded")] == [1, 2, 3]
    assert [event["star"] for event in told(learner.org_id, "promotion_offered")] == [3]


def test_a_later_decision_never_takes_a_star_back(start: Start) -> None:
    learner, person = start(stars=3)
    learner.hand_in(ModuleKind.PROJECT)
    with work_for(learner.org_id) as session:
        session.execute(text("UPDATE assessment.attempts SET state = 'decided', passed = false, score = 10"))
    attempt = progress(learner, person)["modules"][-2]["details"]["attempts"][0]
    rejected = AttemptDecided(
        attempt_id=attempt["attempt_id"],
        enrollment_id=learner.enrollment_id,
        learner_id=learner.learner_id,
        kind="project",
        module_id=learner.program.module(ModuleKind.PROJECT),
        lesson_id=None,
        tier_used="bronze",
        target_tier=None,
        star=None,
        score=10,
        passed=False,
    )
    tell(learner.org_id, rejected)
    assert stars(learner, person) == 4


def test_an_event_waits_for_one_that_is_being_worked_on_and_awards_nothing_twice(start: Start) -> None:
    learner, person = start()
    *_, last = [
        learner.attempt(module_id, AssessmentKind.INITIAL, score=70)
        for module_id in learner.program.modules[ModuleKind.ASSESSMENT]
    ]
    with ThreadPoolExecutor(max_workers=1) as pool:
        with work_for(learner.org_id) as session:
            enrollment = session.get_one(Enrollment, learner.enrollment_id, with_for_update=True)
            standing.settle(session, enrollment)
            other = pool.submit(tell, learner.org_id, last, times=1)
            waiting = text("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted")
            wait_until(lambda: bool(session.scalar(waiting)), seconds=10, what="the second event to wait")
        other.result(timeout=20)
    assert stars(learner, person) == 1
    assert [event["star"] for event in told(learner.org_id, "star_awarded")] == [1]

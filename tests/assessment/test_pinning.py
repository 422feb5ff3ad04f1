"""What staff change never touches work that has begun (X-11, X-13); what begins afterwards has it."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from lodestar.contracts.learning import ModuleKind
from lodestar.db import work_for
from lodestar.ids import new_id
from tests.assessment.grading.submissions import HONEST
from tests.assessment.scenes import ATTEMPTS, Scene, a_quiz, a_scene, generate, submitted
from tests.factories.assessment import an_assessment
from tests.factories.identity import a_person
from tests.factories.learning import an_enrollment
from tests.gateway import get, patch, post, put
from tests.machine import Execution
from tests.simulators.running import Simulators

pytestmark = pytest.mark.usefixtures("product")

PINNED = (
    "tier_used, question_count, passing_score, time_limit_seconds, content, answer_key, rubric, content_hash, "
    "started_at, deadline_at, title, submission_kind"
)
WORDS = {"purpose": "grade_text", "strategy": "direct", "system_prompt": "Grade fairly."}
PROFILE = "/v1/assessment/backgrounds/{background}/profiles/project/case_study/bronze"


def pinned(scene: Scene, attempt_id: str) -> dict[str, Any]:
    with work_for(scene.org_id) as session:
        query = text(f"SELECT {PINNED} FROM assessment.attempts WHERE id = :id")
        return dict(session.execute(query, {"id": attempt_id}).one()._mapping)


def a_second_learner(scene: Scene, *, stars: int) -> Scene:
    learner = a_person(scene.org_id)
    enrollment_id = an_enrollment(
        scene.org_id, learner.user_id, scene.program, stars=stars, background_id=scene.background_id
    )
    return Scene(scene.org_id, learner, scene.staff, scene.program, enrollment_id, scene.background_id)


def begun(scene: Scene, assessment_id: UUID, lesson_id: UUID | None = None) -> str:
    attempt_id: str = scene.open(assessment_id, lesson_id)["id"]
    generate(scene, attempt_id)
    scene.started(attempt_id)
    return attempt_id


def graded(scene: Scene, attempt_id: str) -> dict[str, Any]:
    """Handed in, graded by the machine, and what its grade was asked with."""
    submitted(scene, attempt_id, {"kind": "text", "text": HONEST})
    detail = {
        "org_id": str(scene.org_id),
        "correlation_id": str(new_id()),
        "data": {"attempt_id": attempt_id},
    }
    Execution("grade_attempt", {"detail": detail}).run()
    with work_for(scene.org_id) as session:
        query = text(
            "SELECT prompt_version, passed FROM assessment.grades WHERE attempt_id = :id ORDER BY run LIMIT 1"
        )
        return dict(session.execute(query, {"id": attempt_id}).one()._mapping)


def everything_about_projects_changes(scene: Scene, project: UUID) -> None:
    staff = scene.staff
    profile = PROFILE.format(background=scene.background_id)
    rubric_id = get(profile, as_=staff).expect(200)["rubric_id"]
    criterion = {"key": "other", "title": "Other", "description": "Something else.", "weight": 1}
    patch(f"/v1/assessment/rubrics/{rubric_id}", {"criteria": [criterion]}, as_=staff).expect(200)
    body = {
        "system_prompt": "Other.", "input_prompt": "Other.", "rubric_id": rubric_id, "config": {"passing_score": 99},
    }  # fmt: skip
    put(profile, body, as_=staff).expect(200)
    change = {"title": "Another title", "passing_score": 98, "max_attempts": 1}
    patch(f"/v1/assessment/assessments/{project}", change, as_=staff).expect(200)
    put(
        f"/v1/assessment/assessments/{project}/tier-templates/bronze", {"passing_score": 97}, as_=staff
    ).expect(200)
    patch(
        f"/v1/assessment/backgrounds/{scene.background_id}", {"submission_kind": "repository"}, as_=staff
    ).expect(200)
    post("/v1/assessment/prompt-templates", WORDS | {"input_prompt": "Second."}, as_=staff).expect(201)


def test_a_project_that_has_started_is_graded_by_what_it_started_with(simulators: Simulators) -> None:
    scene = a_scene(stars=3)
    project = an_assessment(scene.org_id, "project", module_id=scene.module(ModuleKind.PROJECT))
    post("/v1/assessment/prompt-templates", WORDS | {"input_prompt": "First."}, as_=scene.staff).expect(201)
    attempt_id = begun(scene, project)
    before = pinned(scene, attempt_id)

    everything_about_projects_changes(scene, project)

    assert pinned(scene, attempt_id) == before
    grade = graded(scene, attempt_id)
    assert grade == {"prompt_version": "grade_text/direct@1", "passed": True}
    result = get(f"{ATTEMPTS}/{attempt_id}/result", as_=scene.learner).expect(200)
    assert [criterion["key"] for criterion in result["criteria"]] == ["problem", "solution"]
    assert result["passing_score"] == 70


def test_a_project_that_begins_afterwards_has_every_change(simulators: Simulators) -> None:
    """The control: the changes are real."""
    scene = a_scene(stars=3)
    project = an_assessment(scene.org_id, "project", module_id=scene.module(ModuleKind.PROJECT))
    post("/v1/assessment/prompt-templates", WORDS | {"input_prompt": "First."}, as_=scene.staff).expect(201)
    everything_about_projects_changes(scene, project)
    patch(
        f"/v1/assessment/backgrounds/{scene.background_id}", {"submission_kind": "text"}, as_=scene.staff
    ).expect(200)
    later = a_second_learner(scene, stars=3)
    attempt_id = begun(later, project)
    now = pinned(later, attempt_id)
    assert (now["title"], now["passing_score"]) == ("Another title", 99)
    assert [criterion["key"] for criterion in now["rubric"]["criteria"]] == ["other"]
    assert now["rubric"]["version"] == 2
    assert graded(later, attempt_id)["prompt_version"] == "grade_text/direct@2"


def test_a_rubric_shows_what_it_was_and_how_many_attempts_are_graded_by_each_version(
    simulators: Simulators,
) -> None:
    scene = a_scene(stars=3)
    project = an_assessment(scene.org_id, "project", module_id=scene.module(ModuleKind.PROJECT))
    begun(scene, project)
    rubric_id = get(PROFILE.format(background=scene.background_id), as_=scene.staff).expect(200)["rubric_id"]
    url = f"/v1/assessment/rubrics/{rubric_id}"
    read = get(url, as_=scene.staff)
    assert [(v["version"], v["attempts"]) for v in read.expect(200)["versions"]] == [(1, 1)]

    criterion = {"key": "other", "title": "Other", "description": "Something else.", "weight": 1}
    patch(url, {"criteria": [criterion]}, as_=scene.staff).expect(200)
    begun(a_second_learner(scene, stars=3), project)
    begun(a_second_learner(scene, stars=3), project)

    now = get(url, as_=scene.staff).expect(200)
    assert now["version"] == 2
    assert [(v["version"], v["attempts"]) for v in now["versions"]] == [(2, 2), (1, 1)]
    assert [c["key"] for c in now["versions"][1]["criteria"]] == ["problem", "solution"]
    patch(url, {"title": "Stale"}, as_=scene.staff, headers={"If-Match": '"1"'}).expect(412)
    assert len(get(url, as_=scene.staff).expect(200)["versions"]) == 2


def test_a_quiz_that_has_started_keeps_its_questions_limits_and_key() -> None:
    scene = a_scene(stars=1)
    quiz = a_quiz(scene, question_count=6)
    attempt_id = begun(scene, quiz, scene.lesson_id)
    before = pinned(scene, attempt_id)

    items = get("/v1/assessment/items?limit=100", as_=scene.staff).expect(200)["data"]
    for item in items:
        patch(
            f"/v1/assessment/items/{item['id']}", {"stem": "Something else?", "answer": 0}, as_=scene.staff
        ).expect(200)
    change = {"question_count": 3, "passing_score": 100, "time_limit_seconds": 60}
    patch(f"/v1/assessment/assessments/{quiz}", change, as_=scene.staff).expect(200)
    template = {"question_count": 2, "passing_score": 99}
    put(f"/v1/assessment/assessments/{quiz}/tier-templates/bronze", template, as_=scene.staff).expect(200)

    assert pinned(scene, attempt_id) == before
    later = a_second_learner(scene, stars=1)
    now = pinned(later, begun(later, quiz, scene.lesson_id))
    assert (now["question_count"], now["passing_score"]) == (2, 99)
    assert {question["stem"] for question in now["content"]["questions"]} == {"Something else?"}

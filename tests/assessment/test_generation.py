"""Content: made by models along their chain, checked, filled up from the banks, failed by name."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from assessment.tasks import claim_generation, generate_content, settle_content
from lodestar.contracts.learning import ModuleKind, Tier
from lodestar.db import work_for
from tests.assessment.scenes import (
    ATTEMPTS,
    TRANSCRIPT,
    Scene,
    a_quiz,
    a_scene,
    an_exam,
    generate,
    lesson_bank,
    right_answers,
    step,
    submitted,
    transcribed,
)
from tests.factories.assessment import an_assessment
from tests.factories.identity import a_person
from tests.gateway import get, post
from tests.simulators.running import Simulators

pytestmark = pytest.mark.usefixtures("product")


def a_prepared_quiz(scene: Scene, quiz: Any = None) -> Any:
    """A quiz attempt after generation."""
    attempt = scene.open(quiz or a_quiz(scene), scene.lesson_id)
    generate(scene, attempt["id"])
    return scene.read(attempt["id"])


def runs(scene: Scene) -> list[Any]:
    """The organization's calls to models, newest first."""
    return list(get("/v1/assessment/ai-runs?limit=100", as_=scene.staff).expect(200)["data"])


def test_a_quiz_is_made_from_its_lessons_transcript_and_labelled(simulators: Simulators) -> None:
    scene = a_scene(stars=1)
    transcribed(scene)
    attempt = a_prepared_quiz(scene)
    assert (attempt["state"], attempt["source"]) == ("draft", "model")
    assert attempt["source_label"] == "AI-generated"
    assert attempt["model"].startswith("offline-")
    started = scene.started(attempt["id"])
    questions = started["content"]["questions"]
    assert len(questions) == 10
    assert sum(q["source"] == "model" for q in questions) == attempt["provenance"]["items"]["model"] >= 5
    submitted(scene, attempt["id"], {"kind": "answers", "answers": right_answers(scene, attempt["id"])})
    result = get(f"{ATTEMPTS}/{attempt['id']}/result", as_=scene.learner).expect(200)
    flat = " ".join(TRANSCRIPT.split())
    assert all(" ".join(q["quote"].split()) in flat for q in result["questions"] if q["source"] == "model")
    (run,) = runs(scene)
    assert (run["purpose"], run["outcome"], run["source"]) == ("quiz", "succeeded", "offline")
    assert run["subject_id"] == attempt["id"]
    assert run["prompt_version"] == "quiz/built-in@1"
    assert run["input_tokens"] > 100


def test_a_models_quiz_is_asked_for_in_the_words_of_its_course(simulators: Simulators) -> None:
    wish = "Prefer situations over definitions."
    scene = a_scene(stars=1, configuration={"enable_ai_quizzes": True, "ai_quiz_prompt_template": wish})
    transcribed(scene)
    a_prepared_quiz(scene)
    assert wish in json.dumps(simulators.sent("gemini")[-1])


def test_required_items_are_always_asked(simulators: Simulators) -> None:
    scene = a_scene(stars=1)
    transcribed(scene)
    lesson_bank(scene, items=2, role="required")
    lesson_bank(scene, items=9, role="fallback")
    attempt = a_prepared_quiz(scene)
    questions = scene.started(attempt["id"])["content"]["questions"]
    assert sum("required" in q["stem"] for q in questions) == 2
    assert not any("fallback" in q["stem"] for q in questions if attempt["provenance"]["items"]["model"] >= 8)
    assert len(questions) == 10


def test_without_a_model_the_lessons_bank_serves_then_the_courses_generic_items(
    simulators: Simulators,
) -> None:
    simulators.order("gemini", scenario="retired")
    simulators.order("openai", scenario="retired")
    scene = a_scene(stars=1)
    transcribed(scene)
    lesson_bank(scene, items=1, role="required")
    lesson_bank(scene, items=4, role="fallback")
    attempt = a_prepared_quiz(scene)
    assert (attempt["state"], attempt["source"], attempt["model"]) == ("draft", "bank", None)
    assert attempt["provenance"]["items"] == {"bank": 5, "generic": 5}
    assert len(runs(scene)) == 3
    assert {run["outcome"] for run in runs(scene)} == {"retired"}


def test_a_course_without_any_lesson_items_serves_its_generic_quiz() -> None:
    scene = a_scene(stars=1)
    attempt = a_prepared_quiz(scene)
    assert (attempt["source"], attempt["provenance"]["items"]) == ("generic", {"generic": 10})


def test_rubbish_from_every_model_is_dropped_and_the_bank_serves(simulators: Simulators) -> None:
    simulators.order("gemini", scenario="rubbish")
    simulators.order("openai", scenario="rubbish")
    scene = a_scene(stars=1)
    transcribed(scene)
    attempt = a_prepared_quiz(scene)
    assert attempt["source"] == "generic"
    assert {run["outcome"] for run in runs(scene)} == {"invalid_answer"}


def test_three_failures_tell_the_staff_once(simulators: Simulators) -> None:
    simulators.order("gemini", scenario="retired")
    simulators.order("openai", scenario="retired")
    scene = a_scene(stars=1)
    transcribed(scene)
    quiz = a_quiz(scene, generic=40)
    for _ in range(2):
        attempt = a_prepared_quiz(scene, quiz)
        scene.started(attempt["id"])
        submitted(scene, attempt["id"], {"kind": "answers", "answers": {}})
    assert scene.events("assessment.ai_failing") == [{"failures": 3, "calls": 3, "window_minutes": 15}]


def test_a_quiz_with_nothing_to_ask_fails_by_name_and_another_may_begin() -> None:
    scene = a_scene(stars=1)
    quiz = a_quiz(scene, generic=0)
    attempt = a_prepared_quiz(scene, quiz)
    assert (attempt["state"], attempt["failure_code"]) == ("failed", "no_content")
    (event,) = scene.events("assessment.attempt_failed")
    assert (event["attempt_id"], event["code"]) == (attempt["id"], "no_content")
    assert scene.open(quiz, scene.lesson_id)["id"] != attempt["id"]


def test_an_exam_that_could_not_be_made_is_not_a_lost_chance() -> None:
    scene = a_scene(stars=2)
    exam = an_exam(scene, items=24)
    attempt = scene.open(exam)
    generate(scene, attempt["id"])
    assert scene.read(attempt["id"])["failure_code"] == "no_content"


def test_every_step_may_run_twice() -> None:
    scene = a_scene(stars=1)
    attempt = scene.open(a_quiz(scene), scene.lesson_id)
    given = step(scene, attempt["id"])
    assert claim_generation.handler(given, None) == {"claimed": True}
    assert claim_generation.handler(given, None) == {"claimed": True}
    made = generate_content.handler(given, None)
    assert settle_content.handler({**given, "made": made}, None) == {"settled": True}
    before = scene.read(attempt["id"])
    assert settle_content.handler({**given, "made": made}, None) == {"settled": False}
    assert claim_generation.handler(given, None) == {"claimed": False}
    assert scene.read(attempt["id"]) == before


def test_of_two_executions_one_works_and_the_other_takes_over_when_it_is_gone() -> None:
    scene = a_scene(stars=1)
    attempt = scene.open(a_quiz(scene), scene.lesson_id)
    first, second = step(scene, attempt["id"]), step(scene, attempt["id"], execution="e-2")
    assert claim_generation.handler(first, None) == {"claimed": True}
    assert claim_generation.handler(second, None) == {"claimed": False}
    with work_for(scene.org_id) as session:
        session.execute(text("UPDATE assessment.attempts SET claimed_at = now() - interval '5 minutes'"))
    assert claim_generation.handler(second, None) == {"claimed": True}
    made = generate_content.handler(first, None)
    assert settle_content.handler({**first, "made": made}, None) == {"settled": False}
    assert settle_content.handler({**second, "made": made}, None) == {"settled": True}


def test_what_got_stuck_is_found_across_tenants_as_the_event_that_starts_it_again() -> None:
    scene = a_scene(stars=1)
    attempt = scene.open(a_quiz(scene), scene.lesson_id)
    query = text("SELECT org_id, event_name, data FROM assessment.stuck_attempts(:age)")
    with work_for(scene.org_id) as session:
        fresh = [row for row in session.execute(query, {"age": 3600}) if row.org_id == scene.org_id]
    with work_for(a_scene().org_id) as session:
        stuck = [row for row in session.execute(query, {"age": 0}) if row.org_id == scene.org_id]
    assert fresh == []
    assert [(row.event_name, row.data) for row in stuck] == [
        (
            "assessment.content_requested",
            {"attempt_id": attempt["id"], "kind": "quiz", "generation": 0},
        )
    ]


def test_an_exam_asks_about_the_lessons_whose_quizzes_were_taken(simulators: Simulators) -> None:
    scene = a_scene(stars=2, tier=Tier.BRONZE)
    transcribed(scene)
    quiz = a_prepared_quiz(scene)
    scene.started(quiz["id"])
    submitted(scene, quiz["id"], {"kind": "answers", "answers": {}})
    attempt = scene.open(an_exam(scene))
    generate(scene, attempt["id"])
    shown = scene.read(attempt["id"])
    assert (shown["state"], shown["source"]) == ("draft", "model")
    assert shown["provenance"]["items"]["model"] + shown["provenance"]["items"]["bank"] == 25


def a_project(scene: Scene) -> Any:
    """A project attempt after generation."""
    project = an_assessment(
        scene.program.owner_id, "project", module_id=scene.module(ModuleKind.PROJECT), max_attempts=3
    )
    attempt = scene.open(project)
    generate(scene, attempt["id"])
    return scene.read(attempt["id"])


def test_a_project_fits_background_and_tier_and_shows_its_criteria_before_the_start(
    simulators: Simulators,
) -> None:
    scene = a_scene(stars=3)
    attempt = a_project(scene)
    assert (attempt["state"], attempt["source"], attempt["submission_kind"]) == ("draft", "model", "text")
    assert attempt["content"]["type"] == "case_study"
    assert len(attempt["content"]["requirements"]) >= 2
    assert [c["key"] for c in attempt["criteria"]] == ["problem", "solution"]
    assert "keywords" not in attempt["criteria"][0]


def test_a_written_project_serves_when_no_model_does() -> None:
    attempt = a_project(a_scene(stars=3))
    assert (attempt["source"], attempt["content"]["title"]) == ("bank", "A price that fell")


def test_a_backgrounds_own_pass_mark_holds_for_its_project() -> None:
    scene = a_scene(stars=3)
    with work_for(scene.program.owner_id) as session:
        session.execute(text("UPDATE assessment.background_profiles SET config = '{\"passing_score\": 55}'"))
    assert a_project(scene)["passing_score"] == 55


def test_content_may_change_three_times_before_the_start_and_never_after(simulators: Simulators) -> None:
    scene = a_scene(stars=3)
    attempt = a_project(scene)
    url = f"{ATTEMPTS}/{attempt['id']}/regenerations"
    for generation in (1, 2, 3):
        again = post(url, as_=scene.learner).expect(201)
        assert (again["state"], again["content"]) == ("preparing", None)
        assert post(url, as_=scene.learner).json["code"] == "content_preparing"
        assert generate(scene, attempt["id"], generation=generation - 1) is False
        assert generate(scene, attempt["id"], generation=generation)
        assert scene.read(attempt["id"])["regenerations_left"] == 3 - generation
    used = post(url, as_=scene.learner)
    assert (used.status, used.json["code"]) == (409, "regenerations_used")
    scene.started(attempt["id"])
    late = post(url, as_=scene.learner)
    assert (late.status, late.json["code"]) == (409, "attempt_state")


def test_the_tier_is_pinned_when_an_attempt_begins() -> None:
    scene = a_scene(stars=3, tier=Tier.SILVER)
    attempt = a_project(scene)
    assert (attempt["tier_used"], attempt["difficulty"]) == ("silver", "medium")


def test_a_project_needs_a_background() -> None:
    scene = a_scene(stars=3, with_background=False)
    project = an_assessment(scene.org_id, "project", module_id=scene.module(ModuleKind.PROJECT))
    assert scene.open(project, status=409)["code"] == "background_required"


def test_an_interview_asks_five_questions_of_its_types_and_keeps_what_it_looks_for_to_itself(
    simulators: Simulators,
) -> None:
    scene = a_scene(stars=4)
    interview = an_assessment(
        scene.org_id,
        "interview",
        module_id=scene.module(ModuleKind.INTERVIEW),
        question_count=5,
        time_limit_seconds=300,
    )
    attempt = scene.open(interview)
    generate(scene, attempt["id"])
    shown = scene.read(attempt["id"])
    assert (shown["state"], shown["submission_kind"], shown["time_limit_seconds"]) == ("draft", "video", 300)
    assert len(shown["content"]["questions"]) == 5
    assert {q["type"] for q in shown["content"]["questions"]} == {"behavioural"}
    assert "looks_for" not in str(shown)


def test_only_staff_read_the_log_of_calls_and_anybody_asks_for_health(simulators: Simulators) -> None:
    scene = a_scene()
    assert get("/v1/assessment/ai-runs", as_=scene.learner).status == 403
    url = "/v1/assessment/ai-runs/health?purpose=quiz"
    assert get(url, as_=scene.learner).expect(200)["available"] is True
    simulators.order("gemini", down=True)
    simulators.order("openai", down=True)
    assert get(url, as_=a_person(scene.org_id)).expect(200) == {
        "purpose": "quiz",
        "available": False,
        "model": None,
    }

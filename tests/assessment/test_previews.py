"""A sample of what a draft would give learners, before it is saved: made as learners' content is, and saved nowhere."""

import json
from contextlib import nullcontext
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from lodestar.contracts.learning import ModuleKind
from lodestar.db import work_for
from lodestar.ids import new_id
from tests.assessment.previews import (
    a_profile,
    codes,
    made,
    profile_url,
    prompt_url,
    quiz_url,
    runs,
    stored,
)
from tests.assessment.scenes import Scene, a_quiz, a_scene, an_exam, an_initial, lesson_bank, transcribed
from tests.factories.assessment import a_bank, a_rubric, an_assessment
from tests.gateway import post
from tests.simulators.running import Simulators

pytestmark = pytest.mark.usefixtures("product")


def test_a_quizs_draft_gives_a_sample_with_its_prompt_source_and_cost_and_saves_nothing(
    simulators: Simulators,
) -> None:
    wish = "Prefer situations over definitions."
    scene = a_scene(configuration={"enable_ai_quizzes": True, "ai_quiz_prompt_template": wish})
    transcribed(scene)
    quiz = a_quiz(scene)
    before = stored(scene)

    preview = made(
        scene,
        quiz_url(quiz),
        {
            "tier": "gold",
            "lesson_ids": [str(scene.lesson_id)],
            "assessment": {"passing_score": 55, "question_count": 9},
            "tier_template": {"guidance": "Ask about harbours.", "question_count": 6},
        },
    )

    assert preview["state"] == "completed"
    result = preview["result"]
    assert (result["source"], result["source_label"]) == ("model", "AI-generated")
    assert result["model"].startswith("offline-")
    assert (result["difficulty"], result["question_count"], result["passing_score"]) == ("hard", 6, 55)
    questions = result["content"]["questions"]
    assert len(questions) == 6
    assert '"answer"' not in json.dumps(result["content"])
    assert set(result["answer_key"]) == {question["id"] for question in questions}
    [prompt] = result["prompts"]
    assert "Ask about harbours." in prompt["prompt"]
    assert wish in prompt["prompt"]
    assert prompt["prompt_version"] == result["prompt_version"] == "quiz/built-in@1"
    assert prompt["materials"]
    assert (result["calls"], result["cost_usd_micros"], codes(preview)) == (1, 0, set())
    assert "Ask about harbours." in json.dumps(simulators.sent("gemini")[-1])
    [run] = runs(scene)
    assert (run["subject_type"], run["subject_id"], run["purpose"]) == ("preview", preview["id"], "quiz")
    assert stored(scene) == before


def test_without_the_taking_back_a_draft_would_be_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assessment.service.sampling.never_saved", lambda _session: nullcontext())
    scene = a_scene()
    initial = an_initial(scene)
    made(scene, quiz_url(initial), {"tier": "bronze", "assessment": {"title": "Nobody saved this."}})
    assert "Nobody saved this." in json.dumps(stored(scene)["assessments"])


def test_a_preview_is_nobodys_use_of_ai_as_a_learner(simulators: Simulators) -> None:
    scene = a_scene()
    transcribed(scene)
    made(scene, quiz_url(a_quiz(scene)), {"tier": "bronze", "lesson_ids": [str(scene.lesson_id)]})
    with work_for(scene.org_id) as session:
        query = text("SELECT bucket FROM backbone.rate_buckets WHERE bucket LIKE '%' || :caller")
        assert session.scalars(query, {"caller": scene.staff.user_id}).all() == [
            f"previews:{scene.staff.user_id}"
        ]


def test_without_a_model_the_banks_sample_is_shown_and_said_to_be_one(simulators: Simulators) -> None:
    for vendor in ("gemini", "openai"):
        simulators.order(vendor, scenario="retired")
    scene = a_scene()
    transcribed(scene)
    lesson_bank(scene, items=3, role="fallback")
    preview = made(
        scene, quiz_url(a_quiz(scene, generic=4)), {"tier": "bronze", "lesson_ids": [str(scene.lesson_id)]}
    )
    result = preview["result"]
    assert (result["source"], result["model"], len(result["content"]["questions"])) == ("bank", None, 7)
    assert codes(preview) == {"model_unused", "too_few_items"}
    assert (result["calls"], result["cost_usd_micros"]) == (3, 0)


def test_a_lesson_without_a_transcript_is_said_to_ask_no_model() -> None:
    scene = a_scene()
    body = {"tier": "bronze", "lesson_ids": [str(scene.lesson_id)]}
    assert codes(made(scene, quiz_url(a_quiz(scene)), body)) == {"model_not_asked"}
    assert codes(made(scene, quiz_url(an_initial_without_items(scene)), {"tier": "bronze"})) == {
        "nothing_to_ask"
    }


def an_initial_without_items(scene: Scene) -> UUID:
    return an_initial(scene, bank_id=a_bank(scene.org_id, items=0))


def test_an_initial_assessment_and_an_exam_have_their_banks_sample() -> None:
    scene = a_scene()
    initial = made(scene, quiz_url(an_initial(scene)), {"tier": "bronze"})
    assert (len(initial["result"]["content"]["questions"]), codes(initial)) == (10, set())
    exam = made(
        scene,
        quiz_url(an_exam(scene)),
        {"tier": "silver", "assessment": {"time_limit_seconds": 120}, "lesson_ids": [str(scene.lesson_id)]},
    )
    assert len(exam["result"]["content"]["questions"]) == 25
    assert codes(exam) == {"model_not_asked", "time_limit_short"}


def test_a_profiles_draft_gives_a_sample_project_with_its_rubric(simulators: Simulators) -> None:
    scene = a_scene()
    before = stored(scene)
    preview = made(
        scene,
        profile_url(scene, type_="voyage"),
        a_profile(scene, config={"passing_score": 61}, description_template="In {harbour}, {tier}."),
    )
    assert preview["state"] == "completed"
    result = preview["result"]
    assert (result["source"], result["content"]["type"], result["passing_score"]) == ("model", "voyage", 61)
    assert [criterion["key"] for criterion in result["criteria"]] == ["problem", "solution"]
    [prompt] = result["prompts"]
    assert "You write projects about harbours." in prompt["system_prompt"]
    assert "Mention a harbour." in prompt["prompt"]
    assert codes(preview) == {"unknown_variable"}
    assert "{harbour}" in result["warnings"][0]["detail"]
    after = stored(scene)
    assert {table for table in before if after[table] != before[table]} == {"rubrics"}, (
        "the test's own rubric"
    )


def test_a_profiles_draft_gives_sample_questions_within_its_limits(simulators: Simulators) -> None:
    scene = a_scene()
    draft = a_profile(scene, focus_area="harbours", config={"question_count": 3, "time_limit_seconds": 90})
    preview = made(scene, profile_url(scene, kind="interview", type_="behavioural"), draft)
    result = preview["result"]
    assert (len(result["content"]["questions"]), result["time_limit_seconds"]) == (3, 90)
    assert "looks_for" not in json.dumps(result["content"])
    assert result["question_count"] == 3


def test_a_prompts_draft_is_asked_alone_and_under_no_revisions_name(simulators: Simulators) -> None:
    scene = a_scene()
    transcribed(scene)
    url = prompt_url(scene, "quiz")
    prompt_url(scene, "quiz", strategy="another")
    quiz = a_quiz(scene)
    before = stored(scene)
    body = {
        "system_prompt": "Write about {title}.",
        "input_prompt": "Write {count} questions about boats. {tonnage}",
        "assessment_id": str(quiz),
        "lesson_ids": [str(scene.lesson_id)],
    }
    preview = made(scene, url, body)
    [prompt] = preview["result"]["prompts"]
    assert prompt["prompt"] == "Write 14 questions about boats. {tonnage}"
    assert prompt["prompt_version"] == "quiz/default@draft"
    assert codes(preview) == {"unknown_variable", "variable_in_system_prompt"}
    assert {run["prompt_version"] for run in runs(scene)} == {"quiz/default@draft"}
    assert stored(scene) == before

    unchanged = {name: value for name, value in body.items() if not name.endswith("prompt")}
    assert made(scene, url, unchanged)["result"]["prompts"][0]["prompt_version"] == "quiz/default@1"


def test_a_prompt_that_grades_is_tried_on_given_work(simulators: Simulators) -> None:
    scene = a_scene()
    url = prompt_url(scene, "grade_text", strategy="direct")
    body = {
        "input_prompt": "Look closely at the submission.",
        "rubric_id": str(a_rubric(scene.org_id)),
        "work": "The problem is the rain, because customers stay away. My solution has two steps: first soup, then bread.",
    }
    preview = made(scene, url, body)
    result = preview["result"]
    grade = result["grade"]
    assert (result["source"], result["content"]) == ("model", None)
    assert grade["score"] > 0
    quotes = [entry["quote"] for entry in grade["criteria"] if entry["quote"]]
    assert quotes
    assert all(quote in body["work"] for quote in quotes)
    assert grade["signs"] == []
    with work_for(scene.org_id) as session:
        assert session.scalar(text("SELECT count(*) FROM assessment.integrity_signals")) == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"tier": "bronze"}, 422),
        ({"tier": "bronze", "lesson_ids": [str(new_id())]}, 404),
        ({"tier": "bronze", "assessment": {"bank_id": str(new_id())}}, 404),
        ({"tier": "bronze", "tier_template": {"prompt_template_id": str(new_id())}}, 404),
        ({"tier": "bronze", "assessment": {"question_count": 51}}, 422),
        ({"tier": "iron"}, 422),
    ],
)
def test_a_draft_that_could_not_be_saved_has_no_sample(body: dict[str, Any], status: int) -> None:
    scene = a_scene()
    post(quiz_url(a_quiz(scene)), body, as_=scene.staff).expect(status)
    with work_for(scene.org_id) as session:
        assert session.scalar(text("SELECT count(*) FROM assessment.previews")) == 0


def test_an_interviews_time_limit_is_checked_as_when_saving() -> None:
    scene = a_scene()
    interview = an_assessment(scene.org_id, "interview", module_id=scene.module(ModuleKind.INTERVIEW))
    body = {
        "tier": "bronze",
        "background_id": str(scene.background_id),
        "assessment": {"time_limit_seconds": 301},
    }
    assert "60 and 300" in post(quiz_url(interview), body, as_=scene.staff).expect(422)["detail"]

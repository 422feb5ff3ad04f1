"""A sample of what a draft would give learners, before it is saved: made as learners' content is, and saved nowhere."""

import json
from contextlib import nullcontext
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from assessment.reactions import preview_requested
from assessment.schedules import retain_previews
from backbone import reconcile
from lodestar.contracts.learning import ModuleKind
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.principal import Role
from tests import bus
from tests.assessment.scenes import Scene, a_quiz, a_scene, an_exam, an_initial, lesson_bank, transcribed
from tests.factories.assessment import a_bank, a_rubric, an_assessment
from tests.factories.identity import a_person, an_organization
from tests.gateway import Answer, get, post, put
from tests.simulators.running import Simulators

pytestmark = pytest.mark.usefixtures("product")

PROFILE = {
    "system_prompt": "You write projects about harbours.",
    "input_prompt": "Write for {background} at the tier {tier}. Mention a harbour.",
}


def made(scene: Scene, url: str, body: dict[str, Any]) -> Any:
    """Asked for, made by the reaction, and read."""
    asked = post(url, body, as_=scene.staff)
    preview = asked.expect(202)
    assert asked.headers["location"] == f"/v1/identity/operations/{preview['operation_id']}"
    bus.deliver(scene.org_id)
    return read(scene, url, preview)


def read(scene: Scene, url: str, preview: Any) -> Any:
    return get(f"{url}/{preview['id']}", as_=scene.staff).expect(200)


def quiz_url(assessment_id: UUID) -> str:
    return f"/v1/assessment/assessments/{assessment_id}/previews"


def profile_url(scene: Scene, *, kind: str = "project", type_: str = "case_study") -> str:
    return f"/v1/assessment/backgrounds/{scene.background_id}/profiles/{kind}/{type_}/bronze/previews"


def a_profile(scene: Scene, **fields: Any) -> dict[str, Any]:
    return {**PROFILE, "rubric_id": str(a_rubric(scene.org_id)), **fields}


def prompt_url(scene: Scene, purpose: str, **words: str) -> str:
    body = {"purpose": purpose, "system_prompt": "Write fairly.", "input_prompt": "Write {count} questions."}
    made = post("/v1/assessment/prompt-templates", body | words, as_=scene.staff).expect(201)
    return f"/v1/assessment/prompt-templates/{made['id']}/previews"


def codes(preview: Any) -> set[str]:
    return {warning["code"] for warning in preview["result"]["warnings"]}


def stored(scene: Scene) -> dict[str, Any]:
    """All content of the organization, row by row: what a preview must leave as it was."""
    tables = (
        "assessments", "tier_templates", "background_profiles", "prompt_templates", "attempts", "item_lesson_links",
        "rubrics",
    )  # fmt: skip
    with work_for(scene.org_id) as session:
        return {
            table: session.scalars(
                text(
                    f"SELECT to_jsonb(t)::text FROM assessment.{table} AS t WHERE org_id = :org ORDER BY id"
                ),
                {"org": scene.org_id},
            ).all()
            for table in tables
        }


def runs(scene: Scene) -> list[Any]:
    return list(get("/v1/assessment/ai-runs?limit=100", as_=scene.staff).expect(200)["data"])


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


def test_who_is_not_staff_here_previews_nothing() -> None:
    scene = a_scene()
    quiz, body = a_quiz(scene), {"tier": "bronze", "lesson_ids": [str(scene.lesson_id)]}
    stranger = a_person(an_organization(), Role.ORG_ADMIN)
    post(quiz_url(quiz), body, as_=scene.learner).expect(403)
    post(quiz_url(quiz), body, as_=stranger).expect(404)
    asked = post(quiz_url(quiz), body, as_=scene.staff).expect(202)
    one = f"{quiz_url(quiz)}/{asked['id']}"
    get(one, as_=scene.learner).expect(403)
    get(one, as_=stranger).expect(404)
    get(f"{quiz_url(a_quiz_elsewhere(scene))}/{asked['id']}", as_=scene.staff).expect(404)


def a_quiz_elsewhere(scene: Scene) -> UUID:
    return an_initial(scene)


def test_a_double_click_is_one_sample_and_a_profiles_place_is_part_of_its_address(
    simulators: Simulators,
) -> None:
    scene = a_scene()
    url, draft = profile_url(scene), a_profile(scene)
    first = post(url, draft, as_=scene.staff).expect(202)
    assert post(url, draft, as_=scene.staff).expect(202)["id"] == first["id"]
    bus.deliver(scene.org_id)
    get(f"{profile_url(scene, type_='voyage')}/{first['id']}", as_=scene.staff).expect(404)
    assert post(url, draft, as_=scene.staff).expect(202)["id"] != first["id"], (
        "another sample, when the first is made"
    )


def test_a_preview_is_made_once_however_often_it_is_asked_for(simulators: Simulators) -> None:
    scene = a_scene()
    preview = made(scene, profile_url(scene), a_profile(scene))
    calls = len(runs(scene))
    bus.deliver(scene.org_id, again=True)
    assert read(scene, profile_url(scene), preview) == preview
    assert len(runs(scene)) == calls
    operation = get(f"/v1/identity/operations/{preview['operation_id']}", as_=scene.staff).expect(200)
    assert (operation["status"], operation["result"]) == ("succeeded", {"preview_id": preview["id"]})


def test_a_killed_worker_is_taken_over_and_in_the_end_the_preview_fails_by_name(
    simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = a_scene()
    asked = post(profile_url(scene), a_profile(scene), as_=scene.staff).expect(202)

    class Killed(BaseException):
        pass

    def die(*_arguments: Any, **_named: Any) -> Any:
        raise Killed

    event = next(e for e in bus.emitted(scene.org_id, "assessment.preview_requested"))
    monkeypatch.setattr("assessment.service.sampling.sample_of", die)
    for _ in range(3):
        with pytest.raises(Killed):
            preview_requested.react(scene.org_id, event_of(event))
        preview_requested.react(
            scene.org_id, event_of(event)
        )  # another run is thought alive: nothing happens
        assert read(scene, profile_url(scene), asked)["state"] == "running"
        long_ago(scene, asked["id"])
        assert reconcile.handler({}, None)["previews"] >= 1
    monkeypatch.undo()
    preview_requested.react(scene.org_id, event_of(event))
    failed = read(scene, profile_url(scene), asked)
    assert (failed["state"], failed["result"]) == ("failed", None)
    assert "Ask for it again" in failed["problem_detail"]
    operation = get(f"/v1/identity/operations/{asked['operation_id']}", as_=scene.staff).expect(200)
    assert (operation["status"], operation["problem"]["code"]) == ("failed", "preview_failed")


def event_of(event: dict[str, Any]) -> Any:
    from lodestar.contracts.assessment import PreviewRequested

    return PreviewRequested.model_validate(event["data"])


def long_ago(scene: Scene, preview_id: str) -> None:
    with work_for(scene.org_id) as session:
        session.execute(
            text("UPDATE assessment.previews SET updated_at = now() - interval '10 minutes' WHERE id = :id"),
            {"id": preview_id},
        )


def test_what_was_deleted_meanwhile_fails_the_preview_with_its_reason() -> None:
    scene = a_scene()
    url = prompt_url(scene, "quiz")
    project = an_initial(scene)
    body = {"assessment_id": str(project), "lesson_ids": [str(scene.lesson_id)]}
    preview = made(scene, url, body)
    assert (preview["state"], preview["problem_detail"]) == (
        "failed",
        "This prompt is not for an assessment of the kind initial.",
    )


def test_previews_are_limited_by_the_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assessment.rules.previews.PREVIEWS_AN_HOUR", 2)
    scene = a_scene()
    quiz = a_quiz(scene)
    answers: list[Answer] = [
        post(
            quiz_url(quiz),
            {"tier": tier, "lesson_ids": [str(scene.lesson_id)]},
            as_=scene.staff,
        )
        for tier in ("bronze", "silver", "gold")
    ]
    assert [answer.status for answer in answers] == [202, 202, 429]


def test_a_day_later_the_sample_is_gone() -> None:
    scene, kept = a_scene(), a_scene()
    body = {"tier": "bronze"}
    preview, other = (made(s, quiz_url(an_initial(s)), body) for s in (scene, kept))
    with work_for(scene.org_id) as session:
        session.execute(text("UPDATE assessment.previews SET expires_at = now() - interval '1 second'"))
    url = quiz_url(preview["subject_id"])
    get(f"{url}/{preview['id']}", as_=scene.staff).expect(404)
    assert retain_previews.handler({}, None)["previews"] >= 1
    assert retain_previews.handler({}, None)["previews"] == 0
    with work_for(scene.org_id) as session:
        assert session.scalar(text("SELECT count(*) FROM assessment.previews")) == 0
    read(kept, quiz_url(other["subject_id"]), other)


def mapping(scene: Scene, **banks: int) -> dict[str, Any]:
    """Items of new banks, by role."""
    items = []
    for role, count in banks.items():
        bank_id = a_bank(scene.org_id, items=count, word=role)
        listed = get(f"/v1/assessment/items?bank_id={bank_id}&limit=100", as_=scene.staff).expect(200)["data"]
        items += [{"item_id": item["id"], "role": role} for item in listed]
    return {"items": items}


def test_a_mappings_preview_shows_what_learners_see_with_a_model_and_without() -> None:
    scene = a_scene()
    a_quiz(scene, generic=2)
    before = stored(scene)
    url = f"/v1/assessment/lesson-items/{scene.lesson_id}/previews"
    preview = post(url, mapping(scene, required=3, fallback=4), as_=scene.staff).expect(200)

    with_model, without = preview["with_model"], preview["without_model"]
    assert ["required" in question["stem"] for question in with_model["questions"]] == [True] * 3
    assert (with_model["by_model"], with_model["question_count"]) == (7, 10)
    sources = [question["source_label"] for question in without["questions"]]
    assert (
        sources == ["From your institution's question bank"] * 7 + ["From the course's general questions"] * 2
    )
    assert (without["by_model"], without["question_count"]) == (0, 9)
    assert {warning["code"] for warning in preview["warnings"]} == {"too_few_items"}
    for word in ('answer"', "explanation", "quote", "item_id", "correct"):
        assert word not in json.dumps(preview), "a learner would not see it"
    assert stored(scene) == before


def test_a_mappings_preview_warns_of_what_it_leads_to() -> None:
    scene = a_scene()
    a_quiz(scene, generic=0)
    url = f"/v1/assessment/lesson-items/{scene.lesson_id}/previews"
    poor = post(url, mapping(scene, required=2), as_=scene.staff).expect(200)
    assert poor["without_model"] is None
    assert {w["code"] for w in poor["warnings"]} == {"too_few_items", "no_quiz_without_model"}
    rich = post(url, mapping(scene, required=12), as_=scene.staff).expect(200)
    assert (rich["with_model"]["question_count"], rich["with_model"]["by_model"]) == (12, 0)
    assert {w["code"] for w in rich["warnings"]} == {"more_required_than_asked"}


def test_the_previewed_mapping_is_what_learners_then_get() -> None:
    scene = a_scene(stars=1)
    quiz = a_quiz(scene, generic=0)
    body = mapping(scene, required=3, fallback=7)
    url = f"/v1/assessment/lesson-items/{scene.lesson_id}"
    preview = post(f"{url}/previews", body, as_=scene.staff).expect(200)
    put(url, body, as_=scene.staff).expect(200)
    sample = made(scene, quiz_url(quiz), {"tier": "bronze", "lesson_ids": [str(scene.lesson_id)]})
    stems = {question["stem"] for question in preview["without_model"]["questions"]}
    assert {question["stem"] for question in sample["result"]["content"]["questions"]} == stems


def test_a_mapping_of_others_items_or_lessons_has_no_preview() -> None:
    scene, other = a_scene(), a_scene()
    theirs = mapping(other, required=1)
    url = f"/v1/assessment/lesson-items/{scene.lesson_id}/previews"
    post(url, theirs, as_=scene.staff).expect(404)
    post(url, mapping(scene, required=1), as_=other.staff).expect(404)
    post(url, mapping(scene, required=1), as_=scene.learner).expect(403)

"""The learner's view of a lesson's items, before the mapping is saved (JR-23)."""

import json
from typing import Any

import pytest

from tests.assessment.previews import made, quiz_url, stored
from tests.assessment.scenes import Scene, a_quiz, a_scene
from tests.factories.assessment import a_bank
from tests.gateway import get, post, put

pytestmark = pytest.mark.usefixtures("product")


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


def test_a_mapping_of_others_items_or_lessons_has_no_preview() -> None:
    scene, other = a_scene(), a_scene()
    theirs = mapping(other, required=1)
    url = f"/v1/assessment/lesson-items/{scene.lesson_id}/previews"
    post(url, theirs, as_=scene.staff).expect(404)
    post(url, mapping(scene, required=1), as_=other.staff).expect(404)
    post(url, mapping(scene, required=1), as_=scene.learner).expect(403)


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

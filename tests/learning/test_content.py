"""What learners see of content: locked but visible, never its substance (JR-08, JR-10, JR-28, X-03)."""

from typing import Any

from lodestar.contracts.learning import Tier
from lodestar.ids import new_id
from lodestar.principal import Role
from tests.factories.identity import a_person, an_organization
from tests.gateway import delete, get, patch, post, put
from tests.learning.conftest import Start
from tests.learning.telling import Learner


def listed(path: str, person: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = get(f"/v1/learning/{path}", as_=person).expect(200)["data"]
    return rows


def test_a_locked_lesson_answers_with_what_opens_it_and_without_its_text(start: Start) -> None:
    learner, person = start(text_lesson=True)
    lesson_id = learner.program.lessons[1]
    refused = get(f"/v1/learning/lessons/{lesson_id}", as_=person)
    assert refused.expect(403)["code"] == "module_locked"
    assert (refused.json["required_star"], refused.json["stars"]) == (1, 0)
    assert "Read this" not in refused.text + get("/v1/learning/lessons", as_=person).text
    progress = f"/v1/learning/enrollments/{learner.enrollment_id}/lesson-progress/{lesson_id}"
    assert put(progress, {"read": True}, as_=person).expect(403)["code"] == "module_locked"
    learner.take_assessments(60, 60, 60, 60, 60)
    assert get(f"/v1/learning/lessons/{lesson_id}", as_=person).expect(200)["body"] == "Read this to the end."
    assert put(progress.replace(str(lesson_id), str(new_id())), {}, as_=person).status == 404
    assert put(progress, {}, as_=a_person(learner.org_id)).status == 404


def test_masterclasses_are_alike_at_every_tier_and_locked_before_star_two(start: Start) -> None:
    seen = {}
    for tier in Tier:
        learner, person = start(stars=1, tier=tier)
        rows = listed("masterclasses", person)
        assert all(row["locked"] and row["asset_id"] is None for row in rows)
        seen[tier] = [row["title"] for row in rows]
    assert len({tuple(titles) for titles in seen.values()}) == 1
    learner, person = start(stars=2)
    assert [row["asset_id"] for row in listed("masterclasses", person)] == [
        str(asset_id) for asset_id in learner.program.masterclass_assets
    ]


def test_a_masterclass_that_is_hidden_or_deleted_still_counts_for_who_watched_it(start: Start) -> None:
    learner, person = start(stars=2)
    staff = a_person(learner.org_id, Role.ORG_STAFF)
    for asset_id in learner.program.masterclass_assets[:2]:
        learner.watch(asset_id)
    first, second, third = learner.program.masterclasses[:3]
    statistics = get(f"/v1/learning/masterclasses/{first}/statistics", as_=staff).expect(200)
    assert (statistics["enrollments"], statistics["completions"], statistics["completion_percentage"]) == (
        1,
        1,
        100,
    )
    patch(f"/v1/learning/masterclasses/{first}", {"active": False}, as_=staff).expect(200)
    delete(f"/v1/learning/masterclasses/{second}", as_=staff).expect(204)
    assert get(f"/v1/learning/masterclasses/{second}", as_=staff).status == 404
    assert listed("masterclasses", person)[0]["id"] == str(third)
    learner.watch(learner.program.masterclass_assets[2])
    found = get(f"/v1/learning/enrollments/{learner.enrollment_id}/progress", as_=person).expect(200)
    assert found["stages"][2]["text"] == "3 of 5"


def test_a_resource_is_told_of_but_fetched_only_where_its_lesson_is_open(start: Start) -> None:
    learner, person = start(stars=0)
    staff = a_person(learner.org_id, Role.ORG_STAFF)
    body = {"key": "p", "title": "P", "type": "study"}
    program_id = post("/v1/learning/programs", body, as_=staff).expect(201)["id"]
    module = {"program_id": program_id, "kind": "course", "key": "c", "title": "C"}
    module_id = post("/v1/learning/modules", module, as_=staff).expect(201)["id"]
    lesson = {"module_id": module_id, "key": "l", "title": "L", "body": "Text"}
    lesson_id = post("/v1/learning/lessons", lesson, as_=staff).expect(201)["id"]
    url = "/v1/learning/resources"
    resource = {"lesson_id": lesson_id, "title": "Checklist", "url": "https://example.org/list"}
    made = post(url, resource, as_=staff).expect(201)
    assert post(url, resource, as_=staff).expect(409)["code"] == "key_taken"
    assert post(url, {**resource, "title": "x", "url": "http://example.org"}, as_=staff).status == 422
    for inside in ("https://127.0.0.1:9001/", "https://169.254.169.254/latest", "https://localhost/x"):
        assert post(url, {**resource, "title": "x", "url": inside}, as_=staff).status == 422
        assert patch(f"{url}/{made['id']}", {"url": inside}, as_=staff).status == 422
    assert post(url, {"lesson_id": lesson_id, "title": "none"}, as_=staff).status == 422
    assert get(f"{url}/{made['id']}", as_=person).status == 404
    assert get(f"{url}/{made['id']}", as_=a_person(an_organization(), Role.ORG_ADMIN)).status == 404
    fetched = post(f"{url}/{made['id']}/downloads", as_=staff).expect(201)
    assert (fetched["kind"], fetched["url"]) == ("link", "https://example.org/list")
    patch(f"{url}/{made['id']}", {"url": "https://example.org/new"}, as_=staff).expect(200)
    assert patch(f"{url}/{made['id']}", {"asset_id": str(new_id())}, as_=staff).status == 422
    delete(f"{url}/{made['id']}", as_=staff).expect(204)


def test_progress_resumes_at_the_lesson_and_second(start: Start) -> None:
    learner, person = start(stars=1)
    url = f"/v1/learning/enrollments/{learner.enrollment_id}"
    fresh = get(f"{url}/progress", as_=person).expect(200)
    assert (fresh["resume"], fresh["next_step"]["action"]) == (None, "open_lesson")
    put(f"{url}/lesson-progress/{learner.program.lessons[1]}", {}, as_=person).expect(200)
    learner.watch(learner.program.lesson_assets[1], percent=30)
    resume = get(f"{url}/progress", as_=person).expect(200)["resume"]
    assert (resume["kind"], resume["lesson_id"], resume["position_seconds"]) == (
        "lesson", str(learner.program.lessons[1]), 18,
    )  # fmt: skip
    _every_module_is_told(learner, get(f"{url}/progress", as_=person).json)


def _every_module_is_told(learner: Learner, progress: dict[str, Any]) -> None:
    modules = {row["module_id"]: row for row in progress["modules"]}
    assert set(modules) == {str(m) for kind in learner.program.modules.values() for m in kind}
    interview = progress["modules"][-1]
    assert (interview["locked"], interview["reason"]) == (True, "Earn star 4 first: Stage 4.")
    assert [entry["met"] for entry in interview["prerequisites"]] == [True, False, False, False]


def test_nudges_are_due_until_dismissed(start: Start) -> None:
    learner, person = start()
    url = "/v1/learning/journey/nudges"
    (nudge,) = listed("journey/nudges", person)
    assert nudge["kind"] == "welcome"
    assert patch(f"{url}/{new_id()}", {"dismissed": True}, as_=person).status == 404
    assert patch(f"{url}/{nudge['id']}", {"dismissed": True}, as_=a_person(learner.org_id)).status == 404
    patch(f"{url}/{nudge['id']}", {"dismissed": True}, as_=person).expect(200)
    patch(f"{url}/{nudge['id']}", {"dismissed": True}, as_=person).expect(200)
    assert listed("journey/nudges", person) == []
    other, their = start(stars=2)
    assert "promotion" in [row["kind"] for row in listed("journey/nudges", their)]
    journey = get("/v1/learning/journey", as_=their).expect(200)
    assert [row["stars_text"] for row in journey["programs"]] == ["2 of 5 stars"]
    assert {row["kind"] for row in journey["milestones"]} == {"enrolled", "star", "tier"}
    assert str(other.enrollment_id) not in get("/v1/learning/journey", as_=person).text

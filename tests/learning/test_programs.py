"""Programs: drafted, published for good, followed by the next draft; content that does not fit is refused."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from learning.errors import NothingToPublish
from learning.service import programs
from local.processes import wait_until
from lodestar.db import work_for
from lodestar.principal import Role
from tests.factories.identity import a_person, an_organization
from tests.factories.media import an_asset
from tests.gateway import Person, delete, get, patch, post, put

pytestmark = pytest.mark.usefixtures("product")
URL = "/v1/learning/programs"


def a_draft(staff: Person, *, kind: str = "job_readiness") -> str:
    body = {"key": "job-readiness", "type": kind, "title": "Job Readiness"}
    program_id: str = post(URL, body, as_=staff).expect(201)["id"]
    return program_id


def module(staff: Person, program_id: str, kind: str, *, nth: int = 1, **fields: Any) -> Any:
    body = {
        "program_id": program_id,
        "kind": kind,
        "key": f"{kind}-{nth}",
        "title": f"{kind} {nth}",
        **fields,
    }
    return post("/v1/learning/modules", body, as_=staff)


def fill(staff: Person, program_id: str) -> str:
    """All that a Job Readiness draft needs; returns the lesson's id."""
    for nth in range(1, 6):
        module(staff, program_id, "assessment", nth=nth).expect(201)
    for kind in ("masterclass", "project", "interview"):
        module(staff, program_id, kind).expect(201)
    course = module(staff, program_id, "course").expect(201)
    body = {"module_id": course["id"], "key": "one", "title": "One", "body": "Read me."}
    lesson_id: str = post("/v1/learning/lessons", body, as_=staff).expect(201)["id"]
    return lesson_id


def test_a_draft_is_published_for_good_and_the_next_draft_keeps_its_ids() -> None:
    staff = a_person(an_organization(), Role.ORG_STAFF)
    program_id = a_draft(staff)
    lesson_id = fill(staff, program_id)
    first = post(f"{URL}/{program_id}/versions", as_=staff).expect(201)
    assert (first["number"], bool(first["published_at"])) == (1, True)
    again = post(f"{URL}/{program_id}/versions", as_=staff).expect(409)
    assert again["code"] == "nothing_to_publish"
    patch(f"/v1/learning/lessons/{lesson_id}", {"title": "Uno"}, as_=staff).expect(200)
    second = post(f"{URL}/{program_id}/versions", as_=staff).expect(201)
    assert second["number"] == 2
    program = get(f"{URL}/{program_id}", as_=staff).expect(200)
    assert (program["published_version_id"], program["published_number"]) == (second["id"], 2)
    lessons = get("/v1/learning/lessons", as_=staff).expect(200)["data"]
    assert [(row["id"], row["title"]) for row in lessons] == [(lesson_id, "Uno")]


def test_of_two_who_publish_at_once_the_second_finds_the_next_draft_unedited() -> None:
    org_id = an_organization()
    staff = a_person(org_id, Role.ORG_STAFF)
    program_id = a_draft(staff)
    fill(staff, program_id)

    def publish() -> None:
        with work_for(org_id) as session:
            programs.publish(session, UUID(program_id))

    with ThreadPoolExecutor(max_workers=1) as pool:
        with work_for(org_id) as session:
            assert programs.publish(session, UUID(program_id)).number == 1
            other = pool.submit(publish)
            waiting = text("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted")
            wait_until(lambda: bool(session.scalar(waiting)), seconds=10, what="the second one to wait")
        with pytest.raises(NothingToPublish):
            other.result(timeout=20)


def test_an_incomplete_draft_says_what_is_missing() -> None:
    staff = a_person(an_organization(), Role.ORG_STAFF)
    program_id = a_draft(staff)
    course = module(staff, program_id, "course").expect(201)
    post("/v1/learning/lessons", {"module_id": course["id"], "key": "one", "title": "One"}, as_=staff).expect(
        201
    )
    module(staff, program_id, "masterclass", configuration={"required_completions": 4}).expect(201)
    refused = post(f"{URL}/{program_id}/versions", as_=staff).expect(409)
    assert refused["code"] == "draft_incomplete"
    assert len(refused["missing"]) == 5, refused["missing"]


@pytest.mark.parametrize(
    ("kind", "configuration", "field"),
    [
        ("course", {"time_limit_seconds": 60}, "time_limit_seconds"),
        ("course", {"enable_ai_quizzes": True, "ai_quiz_passing_score": 101}, "ai_quiz_passing_score"),
        ("interview", {"time_limit_seconds": 301}, "time_limit_seconds"),
        ("project", {"grading_criteria": "strict"}, "grading_criteria"),
        ("masterclass", {"required_completions": 0}, "required_completions"),
    ],
)
def test_a_configuration_that_does_not_fit_its_kind_is_refused(
    kind: str, configuration: dict[str, Any], field: str
) -> None:
    staff = a_person(an_organization(), Role.ORG_STAFF)
    program_id = a_draft(staff)
    refused = module(staff, program_id, kind, configuration=configuration).expect(422)
    assert any(field in error["field"] for error in refused["errors"])
    made = module(staff, program_id, kind).expect(201)
    url = f"/v1/learning/modules/{made['id']}"
    refused = patch(url, {"configuration": configuration}, as_=staff).expect(422)
    assert any(field in error["field"] for error in refused["errors"])


@pytest.mark.parametrize(
    "bounds",
    [[("bronze", 10), ("silver", 60), ("gold", 80)], [("bronze", 0), ("silver", 80), ("gold", 80)],
     [("bronze", 0), ("gold", 60), ("silver", 80)], [("bronze", 0), ("silver", 60), ("gold", 101)]],
)  # fmt: skip
def test_tier_ranges_with_gaps_or_overlaps_are_refused(bounds: list[tuple[str, int]]) -> None:
    staff = a_person(an_organization(), Role.ORG_ADMIN)
    url = f"{URL}/{a_draft(staff)}/stages"
    body = {"tier_ranges": [{"tier": tier, "lower_bound": bound} for tier, bound in bounds]}
    assert put(url, body, as_=staff).status == 422
    body["tier_ranges"] = [
        {"tier": t, "lower_bound": b} for t, b in (("bronze", 0), ("silver", 50), ("gold", 75))
    ]
    assert put(url, body, as_=staff).expect(200)["tier_ranges"][1]["lower_bound"] == 50


def test_stages_are_set_whole_and_against_the_current_version() -> None:
    staff = a_person(an_organization(), Role.ORG_ADMIN)
    url = f"{URL}/{a_draft(staff)}/stages"
    current = get(url, as_=staff)
    stages = current.expect(200)["stages"]
    stages[2]["required_count"] = 3
    etag = {"If-Match": current.headers["etag"]}
    assert (
        put(url, {"stages": stages}, as_=staff, headers=etag).expect(200)["stages"][2]["required_count"] == 3
    )
    assert put(url, {"stages": stages}, as_=staff, headers=etag).expect(412)["code"] == "stale_version"
    assert put(url, {"stages": stages[:4]}, as_=staff).status == 422
    assert put(url, {"stages": [{**stages[0], "star": 2}, *stages[1:]]}, as_=staff).status == 422
    assert put(url, {"stages": [{**stages[0], "required_count": None}, *stages[1:]]}, as_=staff).status == 422


def test_a_study_program_takes_courses_only() -> None:
    staff = a_person(an_organization(), Role.ORG_STAFF)
    program_id = a_draft(staff, kind="study")
    assert module(staff, program_id, "interview").status == 422
    course = module(staff, program_id, "course").expect(201)
    body = {"module_id": course["id"], "key": "one", "title": "One", "body": "Read me."}
    post("/v1/learning/lessons", body, as_=staff).expect(201)
    assert post(f"{URL}/{program_id}/versions", as_=staff).expect(201)["number"] == 1


def test_keys_assets_and_strangers() -> None:
    org_id = an_organization()
    staff, learner, stranger = (
        a_person(org_id, Role.ORG_STAFF),
        a_person(org_id),
        a_person(an_organization(), Role.ORG_ADMIN),
    )
    program_id = a_draft(staff)
    assert post(URL, {"key": "job-readiness", "title": "Twice"}, as_=staff).expect(409)["code"] == "key_taken"
    assert post(URL, {"key": "No Slug", "title": "x"}, as_=staff).status == 422
    assert post(URL, {"key": "x", "title": "x"}, as_=learner).status == 403
    lesson_id = fill(staff, program_id)
    foreign = an_asset(stranger.org_id, stranger.user_id)
    talk = an_asset(org_id, staff.user_id, purpose="masterclass_video")
    for wrong in (foreign, talk):
        assert patch(f"/v1/learning/lessons/{lesson_id}", {"asset_id": str(wrong)}, as_=staff).status == 422
    for path in (f"programs/{program_id}", f"programs/{program_id}/stages", f"lessons/{lesson_id}"):
        assert get(f"/v1/learning/{path}", as_=stranger).status == 404
    assert post(f"{URL}/{program_id}/versions", as_=stranger).status == 404
    assert module(stranger, program_id, "project", nth=2).status == 404
    assert delete(f"/v1/learning/lessons/{lesson_id}", as_=stranger).status == 404
    assert get(URL, as_=stranger).expect(200)["data"] == []
    delete(f"{URL}/{program_id}", as_=staff).expect(204)
    assert get(f"{URL}/{program_id}", as_=staff).status == 404

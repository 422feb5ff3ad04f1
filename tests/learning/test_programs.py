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
from tests.factories.assessment import a_background
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


def half_ready(org_id: UUID, staff: Person) -> str:
    """A draft with a course of a second lesson whose video is not ready, one talk to be watched and one hidden."""
    program_id = a_draft(staff)
    fill(staff, program_id)
    course = module(staff, program_id, "course", nth=2, configuration={"enable_ai_quizzes": True}).expect(201)
    video = {"module_id": course["id"], "key": "two", "title": "Two", "required": False}
    waiting = an_asset(org_id, staff.user_id, state="processing")
    post("/v1/learning/lessons", {**video, "asset_id": str(waiting)}, as_=staff).expect(201)
    talk = {"program_id": program_id, "key": "talk", "title": "Talk"}
    ready = an_asset(org_id, staff.user_id, purpose="masterclass_video")
    post("/v1/learning/masterclasses", {**talk, "asset_id": str(ready)}, as_=staff).expect(201)
    hidden = {**talk, "key": "hidden", "active": False, "asset_id": str(ready)}
    post("/v1/learning/masterclasses", hidden, as_=staff).expect(201)
    a_background(org_id)
    return program_id


def test_a_preview_shows_the_draft_as_learners_would_have_it() -> None:
    org_id = an_organization()
    staff = a_person(org_id, Role.ORG_STAFF)
    found = post(f"{URL}/{half_ready(org_id, staff)}/previews", as_=staff).expect(200)
    assert [stage["criteria"] for stage in found["stages"]] == [
        "Take all 5 assessments. Their mean sets your tier.",
        "Finish every required lesson of each course.",
        "Watch 5 masterclasses to the end.",
        "Pass 1 project.",
        "Pass 1 interview.",
    ]
    assert found["stages"][1]["unlocked_by"] == "Earn star 1 first: Find out where you stand."
    assert [lesson["title"] for m in found["stages"][1]["modules"] for lesson in m["lessons"]] == [
        "One",
        "Two",
    ]
    assert [(tier["label"], tier["range_text"]) for tier in found["tiers"]] == [
        ("Bronze", "from 0 to below 60 percent"),
        ("Silver", "from 60 to below 80 percent"),
        ("Gold", "from 80 to 100 percent"),
    ]
    assert found["promotion_text"] == (
        "A promotion exam is offered after stars 2, 3 and 4, and may be skipped."
    )
    assert (found["masterclasses"], found["learners_unchanged"]) == (1, 0)
    assert "stays on their version" in found["holds_for"]


def test_a_preview_says_what_a_draft_lacks() -> None:
    begun_by = a_person(an_organization(), Role.ORG_STAFF)
    empty = post(f"{URL}/{a_draft(begun_by)}/previews", as_=begun_by).expect(200)
    assert "Star 2 has no module of kind course." in empty["missing"]
    org_id = an_organization()
    staff = a_person(org_id, Role.ORG_STAFF)
    found = post(f"{URL}/{half_ready(org_id, staff)}/previews", as_=staff).expect(200)
    assert found["missing"] == ["The course course 2 has no required lesson."]
    for expected in (
        "Star 3 asks for 5 masterclasses; 1 can be watched.",
        "The video of the lesson Two is not ready to be watched.",
        "The course course 2 ends lessons with a quiz, but no quiz is set up for it.",
        "Nobody can begin the interview interview 1: no assessment is set up for it.",
    ):
        assert expected in found["warnings"]


def test_a_preview_warns_of_a_background_without_a_profile_for_a_tier() -> None:
    org_id = an_organization()
    staff = a_person(org_id, Role.ORG_STAFF)
    program_id = a_draft(staff)
    fill(staff, program_id)
    without = post(f"{URL}/{program_id}/previews", as_=staff).expect(200)["warnings"]
    assert "There is no background to choose, of which the interview could be made." in without
    a_background(org_id)
    warned = post(f"{URL}/{program_id}/previews", as_=staff).expect(200)["warnings"]
    assert [one for one in warned if "background" in one] == [
        f"The background Economics has no profile for the {kind} at Silver, Gold."
        for kind in ("project", "interview")
    ]


def test_only_the_programs_authors_preview_it() -> None:
    org_id = an_organization()
    program_id = a_draft(a_person(org_id, Role.ORG_STAFF))
    stranger = a_person(an_organization(), Role.ORG_ADMIN)
    assert post(f"{URL}/{program_id}/previews", as_=stranger).status == 404
    assert post(f"{URL}/{program_id}/previews", as_=a_person(org_id)).status == 403


@pytest.mark.parametrize(
    ("bounds", "field"),
    [
        ([("bronze", 0), ("silver", 80), ("gold", 60)], "tier_ranges.2.lower_bound"),
        ([("bronze", 0), ("silver", 0), ("gold", 60)], "tier_ranges.1.lower_bound"),
        ([("bronze", 5), ("silver", 60), ("gold", 80)], "tier_ranges.0.lower_bound"),
        ([("silver", 0), ("bronze", 60), ("gold", 80)], "tier_ranges.0.tier"),
    ],
)
def test_the_fault_of_tier_ranges_is_told_where_it_is(bounds: list[tuple[str, float]], field: str) -> None:
    staff = a_person(an_organization(), Role.ORG_STAFF)
    program_id = a_draft(staff)
    ranges = [{"tier": tier, "lower_bound": bound} for tier, bound in bounds]
    refused = put(f"{URL}/{program_id}/stages", {"tier_ranges": ranges}, as_=staff).expect(422)
    assert [error["field"] for error in refused["errors"]] == [field]


def test_what_is_published_later_reaches_nobody_who_is_enrolled() -> None:
    """The control is the learner who is moved: they have what was published later."""
    org_id = an_organization()
    staff = a_person(org_id, Role.ORG_ADMIN)
    program_id = a_draft(staff)
    fill(staff, program_id)
    post(f"{URL}/{program_id}/versions", as_=staff).expect(201)
    post("/v1/learning/program-assignments", {"program_id": program_id}, as_=staff).expect(201)
    learner = a_person(org_id)
    body = {"program_id": program_id, "learner_id": str(learner.user_id)}
    enrollment = post("/v1/learning/enrollments", body, as_=staff).expect(201)
    url = f"/v1/learning/enrollments/{enrollment['id']}"
    before = get(f"{url}/progress", as_=learner).expect(200)
    stages = get(f"{URL}/{program_id}/stages", as_=staff).expect(200)["stages"]
    stages[4] |= {"title": "Speak up", "description": "Changed"}
    changed = put(f"{URL}/{program_id}/stages", {"stages": stages}, as_=staff).expect(200)
    assert "stays on their version" in changed["holds_for"]
    newer = post(f"{URL}/{program_id}/versions", as_=staff).expect(201)
    assert get(f"{url}/progress", as_=learner).expect(200) == before
    patch(url, {"version_id": newer["id"]}, as_=staff).expect(200)
    moved = get(f"{url}/progress", as_=learner).expect(200)
    assert [stage["title"] for stage in moved["stages"]][4] == "Speak up"

"""Overrides: staff decide, everybody can read why, and the next access check obeys (JR-51, X-47)."""

from datetime import timedelta
from typing import Any

from lodestar.clock import now
from lodestar.contracts.assessment import AssessmentKind
from lodestar.contracts.learning import ModuleKind
from lodestar.principal import Role
from tests.bus import emitted
from tests.factories.identity import a_person, an_organization
from tests.factories.learning import seen_modules
from tests.gateway import Person, get, post
from tests.learning.conftest import Start
from tests.learning.telling import Learner, told

URL = "/v1/learning/overrides"


def override(learner: Learner, staff: Person, **fields: Any) -> Any:
    body = {"enrollment_id": str(learner.enrollment_id), "reason": "Credit for earlier work.", **fields}
    return post(URL, body, as_=staff)


def test_raising_opens_modules_warns_and_is_audited(start: Start) -> None:
    learner, person = start(stars=1)
    staff = a_person(learner.org_id, Role.ORG_STAFF)
    made = override(learner, staff, star=3, tier="silver").expect(201)
    project = str(learner.program.module(ModuleKind.PROJECT))
    assert project in made["opened"]
    assert "Project 1" in made["warning"]
    assert seen_modules(learner.org_id, learner.enrollment_id)[learner.program.module(ModuleKind.PROJECT)]
    found = get(f"/v1/learning/enrollments/{learner.enrollment_id}/progress", as_=person).expect(200)
    assert (found["stars"], found["tier"]["tier"]) == (3, "silver")
    assert [(e["star"], e["by_override"]) for e in told(learner.org_id, "star_awarded")] == [
        (2, True),
        (3, True),
    ]
    audited = [e["data"] for e in emitted(learner.org_id, "backbone.audit_recorded")]
    assert [(e["action"], e["actor_id"], e["before"]["star"], e["after"]["star"]) for e in audited] == [
        ("enrollment.overridden", str(staff.user_id), 1, 3)
    ]
    listed = get(f"{URL}?enrollment_id={learner.enrollment_id}", as_=staff).expect(200)
    assert [row["reason"] for row in listed["data"]] == ["Credit for earlier work."]


def test_a_lowered_star_is_earned_again_by_new_evidence_only(start: Start) -> None:
    learner, person = start(stars=3)
    learner.hand_in(ModuleKind.PROJECT)
    staff = a_person(learner.org_id, Role.ORG_ADMIN)
    lowered = override(learner, staff, star=3).expect(201)
    assert lowered["locked"] == [str(learner.program.module(ModuleKind.INTERVIEW))]
    learner.watch(learner.program.masterclass_assets[0])
    url = f"/v1/learning/enrollments/{learner.enrollment_id}/progress"
    assert get(url, as_=person).expect(200)["stars"] == 3
    learner.hand_in(ModuleKind.PROJECT)
    assert get(url, as_=person).expect(200)["stars"] == 4


def test_the_last_star_by_override_lets_credentials_follow_only_if_asked(start: Start) -> None:
    for asked, expected in ((False, 0), (True, 1)):
        learner, _ = start(stars=4)
        staff = a_person(learner.org_id, Role.ORG_STAFF)
        override(learner, staff, star=5, issue_credentials=asked).expect(201)
        assert len(told(learner.org_id, "program_completed")) == expected


def test_bad_overrides_change_nothing(start: Start) -> None:
    learner, person = start(stars=0)
    staff = a_person(learner.org_id, Role.ORG_STAFF)
    assert override(learner, staff).expect(422)["code"] == "invalid_content"
    assert override(learner, staff, star=6).status == 422
    assert override(learner, staff, star=0).expect(422)["code"] == "nothing_to_override"
    assert override(learner, staff, star=2).status == 422, "a tier is needed with the first star"
    assert override(learner, staff, star=2, tier="bronze", reason="").status == 422
    assert override(learner, person, star=2, tier="bronze").status == 403
    stranger = a_person(an_organization(), Role.ORG_ADMIN)
    assert override(learner, stranger, star=2, tier="bronze").status == 404
    assert told(learner.org_id, "star_awarded") == []


def preview(learner: Learner, staff: Person, **fields: Any) -> Any:
    return post(f"{URL}/previews", {"enrollment_id": str(learner.enrollment_id), **fields}, as_=staff)


def test_a_preview_says_what_would_follow_and_writes_nothing(start: Start) -> None:
    learner, person = start(stars=1)
    staff = a_person(learner.org_id, Role.ORG_STAFF)
    url = f"/v1/learning/enrollments/{learner.enrollment_id}"
    before, told_before = get(url, as_=person).expect(200), emitted(learner.org_id)
    found = preview(learner, staff, star=3, tier="silver").expect(200)
    project = learner.program.module(ModuleKind.PROJECT)
    assert str(project) in found["opened"]
    assert found["consequences"] == [
        "This opens: Masterclass 1, Project 1.",
        "What is asked from now on is made for Silver; attempts that were begun stay as they are.",
        "The promotion exam for Gold is offered with star 3.",
        "No credential is issued by this.",
    ]
    assert get(url, as_=person).expect(200) == before
    assert not seen_modules(learner.org_id, learner.enrollment_id)[project]
    assert get(URL, as_=staff).expect(200)["data"] == []
    assert emitted(learner.org_id) == told_before
    made = override(learner, staff, star=3, tier="silver").expect(201)
    assert (made["opened"], made["warning"]) == (found["opened"], found["warning"])
    assert [e["target_tier"] for e in told(learner.org_id, "promotion_offered")] == ["gold"]


def test_a_preview_counts_what_the_learner_has_done_already(start: Start) -> None:
    """An interview that was handed in before the star was taken back, and graded after it."""
    learner, _ = start(stars=4)
    staff = a_person(learner.org_id, Role.ORG_STAFF)
    lowered = preview(learner, staff, star=2).expect(200)
    assert lowered["consequences"][1:] == [
        "The learner loses stars 3 to 4, and earns them again by new work only; the record of them is kept.",
        "The promotion exam of star 4 is no longer on offer.",
        "The promotion exam for Silver is offered with star 2.",
        "Credentials that were issued stay valid: lowering revokes none. Revoke one yourself if it should go.",
    ]
    interview = learner.program.module(ModuleKind.INTERVIEW)
    learner.attempt(interview, AssessmentKind.INTERVIEW, ended_at=now() + timedelta(minutes=5))
    override(learner, staff, star=3).expect(201)
    found = preview(learner, staff, star=4).expect(200)
    assert (found["star"], found["consequences"][1]) == (
        5,
        "With star 4 given, what the learner has done already earns star 5 at once.",
    )
    assert found["consequences"][-1] == "The program counts as completed, and credentials for it follow."
    override(learner, staff, star=4).expect(201)
    shown = get(f"/v1/learning/enrollments/{learner.enrollment_id}", as_=staff).expect(200)
    assert shown["stars"] == found["star"]
    assert len(told(learner.org_id, "program_completed")) == 1


def test_a_preview_says_whether_credentials_follow(start: Start) -> None:
    learner, _ = start(stars=4)
    staff = a_person(learner.org_id, Role.ORG_STAFF)
    assert "no credential is issued" in preview(learner, staff, star=5).expect(200)["consequences"][-1]
    asked = preview(learner, staff, star=5, issue_credentials=True).expect(200)
    assert asked["consequences"][-1] == "The program counts as completed, and credentials for it follow."


def test_a_preview_refuses_what_an_override_refuses(start: Start) -> None:
    learner, person = start(stars=0)
    staff = a_person(learner.org_id, Role.ORG_STAFF)
    assert preview(learner, staff, star=0).expect(422)["code"] == "nothing_to_override"
    assert preview(learner, staff, star=2).status == 422
    assert preview(learner, staff).status == 422
    assert preview(learner, person, star=2, tier="bronze").status == 403
    stranger = a_person(an_organization(), Role.ORG_ADMIN)
    assert preview(learner, stranger, star=2, tier="bronze").status == 404


def test_a_double_click_makes_one_override(start: Start) -> None:
    learner, _ = start(stars=1)
    staff = a_person(learner.org_id, Role.ORG_STAFF)
    body = {"enrollment_id": str(learner.enrollment_id), "star": 2, "reason": "Credit."}
    keyed = [post(URL, body, as_=staff, headers={"Idempotency-Key": "once"}) for _ in range(2)]
    assert [answer.expect(201)["id"] for answer in keyed] == [keyed[0].json["id"]] * 2
    assert post(URL, body, as_=staff).expect(422)["code"] == "nothing_to_override"
    assert len(get(URL, as_=staff).expect(200)["data"]) == 1

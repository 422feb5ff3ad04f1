"""A person rules: over a review, over a grade, on an appeal; audited, told, once."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from assessment.models.appeals import Appeal
from assessment.models.decisions import AttemptDecision
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.principal import Role
from tests.assessment.grading.submissions import HONEST
from tests.assessment.grading.walking import HandedIn, a_text
from tests.bus import emitted
from tests.factories.identity import a_person, an_organization
from tests.gateway import Person, get, post

pytestmark = pytest.mark.usefixtures("product")

APPROVED = {"outcome": "approved", "feedback": "The comparison is there."}
REJECTED = {"outcome": "rejected", "feedback": "The text is somebody else's."}


def waiting() -> HandedIn:
    """An attempt that no model graded."""
    return a_text(HONEST, state="needs_review", review_reason="no_model")


def graded(score: int) -> HandedIn:
    return a_text(HONEST, state="graded", score=score, passed=score >= 70)


def url(case: HandedIn) -> str:
    return f"/v1/assessment/attempts/{case.attempt_id}/decisions"


def events(case: HandedIn, name: str) -> list[dict[str, Any]]:
    return [event["data"] for event in emitted(case.org_id, name)]


def an_appeal(case: HandedIn) -> UUID:
    with work_for(case.org_id) as session:
        row = Appeal(attempt_id=case.attempt_id, learner_id=case.learner.user_id, reason="Please look again.")
        session.add(row)
        session.flush()
        return row.id


@pytest.mark.parametrize("role", [Role.ORG_STAFF, Role.ORG_ADMIN, Role.INSTRUCTOR])
def test_a_person_approves_what_no_model_graded(role: Role) -> None:
    case = waiting()
    person = a_person(case.org_id, role)

    decision = post(url(case), APPROVED | {"score": 81}, as_=person).expect(201)

    assert decision["decided_by"] == str(person.user_id)
    assert decision["score"] == 81
    assert decision["previous"] == {
        "state": "needs_review", "score": None, "passed": None, "review_reason": "no_model", "graded_by": None,
    }  # fmt: skip
    assert case.standing == ("decided", 81, True)
    assert case.attempt.review_reason is None
    assert case.attempt.feedback is not None
    assert case.attempt.feedback["graded_by"]["source"] == "person"
    [told] = events(case, "assessment.attempt_decided")
    assert (told["attempt_id"], told["score"], told["passed"]) == (str(case.attempt_id), 81.0, True)
    assert told["enrollment_id"] == str(case.enrollment_id)
    [noted] = events(case, "backbone.audit_recorded")
    assert (noted["action"], noted["actor_id"]) == ("attempt.decided", str(person.user_id))
    assert (noted["before"]["state"], noted["after"]["state"]) == ("needs_review", "decided")
    assert noted["reason"] == APPROVED["feedback"]


@pytest.mark.parametrize(
    ("score", "body", "left"),
    [
        (40, APPROVED, 70),
        (90, APPROVED, 90),
        (90, REJECTED, 0),
        (40, REJECTED, 40),
        (40, APPROVED | {"score": 75}, 75),
    ],
)
def test_a_person_overrules_or_confirms_a_models_grade(score: int, body: dict[str, Any], left: int) -> None:
    case = graded(score)

    post(url(case), body, as_=case.staff).expect(201)

    assert case.standing == ("decided", left, body["outcome"] == "approved")
    result = get(f"/v1/assessment/attempts/{case.attempt_id}/result", as_=case.learner).expect(200)
    assert result["graded_by"] == "person"
    assert result["decision"]["feedback"] == body["feedback"]


def test_the_learner_reads_the_decision_and_a_peer_does_not() -> None:
    case = waiting()
    post(url(case), APPROVED, as_=case.staff).expect(201)

    listed = get(url(case), as_=case.learner).expect(200)["data"]
    assert [entry["outcome"] for entry in listed] == ["approved"]
    assert len(get(url(case), as_=case.staff).expect(200)["data"]) == 1
    get(url(case), as_=a_person(case.org_id)).expect(404)


def test_a_second_decision_is_refused_and_changes_nothing() -> None:
    case = waiting()
    post(url(case), APPROVED, as_=case.staff).expect(201)

    problem = post(url(case), REJECTED, as_=case.staff).expect(409)

    assert problem["code"] == "attempt_state"
    assert case.attempt.passed
    with work_for(case.org_id) as session:
        rows = session.scalars(
            select(AttemptDecision).where(AttemptDecision.attempt_id == case.attempt_id)
        ).all()
    assert len(rows) == 1


def test_the_same_request_twice_is_one_decision() -> None:
    case = waiting()
    headers = {"Idempotency-Key": str(new_id())}
    first = post(url(case), APPROVED, as_=case.staff, headers=headers).expect(201)
    assert post(url(case), APPROVED, as_=case.staff, headers=headers).expect(201) == first
    assert len(events(case, "assessment.attempt_decided")) == 1


@pytest.mark.parametrize("state", ["in_progress", "submitted", "grading", "failed"])
def test_what_is_not_graded_yet_cannot_be_decided(state: str) -> None:
    case = a_text(HONEST, state=state)
    assert post(url(case), APPROVED, as_=case.staff).expect(409)["code"] == "attempt_state"


@pytest.mark.parametrize(
    "body",
    [
        APPROVED | {"score": 69},
        REJECTED | {"score": 70},
        APPROVED | {"score": 101},
        {"outcome": "approved", "feedback": ""},
        {"outcome": "maybe", "feedback": "Hm."},
        APPROVED | {"passed": True},
    ],
)
def test_a_decision_that_contradicts_itself_is_refused(body: dict[str, Any]) -> None:
    case = waiting()
    post(url(case), body, as_=case.staff).expect(422)
    assert case.attempt.state == "needs_review"


def test_learners_peers_and_other_organizations_decide_nothing() -> None:
    case = waiting()
    stranger = a_person(an_organization(), Role.ORG_ADMIN)
    post(url(case), APPROVED, as_=case.learner).expect(403)
    post(url(case), APPROVED, as_=a_person(case.org_id, Role.ANALYST)).expect(403)
    post(url(case), APPROVED, as_=stranger).expect(404)
    get(url(case), as_=stranger).expect(404)
    post(f"/v1/assessment/attempts/{new_id()}/decisions", APPROVED, as_=case.staff).expect(404)
    assert case.attempt.state == "needs_review"


def test_nobody_decides_on_their_own_work() -> None:
    case = waiting()
    both = Person(case.learner.user_id, {case.org_id: frozenset({Role.LEARNER, Role.ORG_STAFF})})
    assert post(url(case), APPROVED, as_=both).expect(403)["code"] == "own_work"


def test_an_upheld_appeal_decides_the_attempt_anew() -> None:
    case = graded(55)
    appeal = f"/v1/assessment/appeals/{an_appeal(case)}/decisions"

    answer = post(
        appeal, {"outcome": "upheld", "answer": "You are right.", "score": 80}, as_=case.staff
    ).expect(201)

    assert (answer["state"], answer["answer"]) == ("upheld", "You are right.")
    assert case.standing == ("decided", 80, True)
    assert [told["upheld"] for told in events(case, "assessment.appeal_decided")] == [True]
    assert [told["score"] for told in events(case, "assessment.attempt_decided")] == [80.0]
    assert {noted["action"] for noted in events(case, "backbone.audit_recorded")} == {
        "attempt.decided",
        "appeal.decided",
    }


def test_a_dismissed_appeal_leaves_the_attempt_as_it_is() -> None:
    case = graded(55)
    appeal = f"/v1/assessment/appeals/{an_appeal(case)}/decisions"

    post(appeal, {"outcome": "dismissed", "answer": "The passage is from the task."}, as_=case.staff).expect(
        201
    )

    assert case.standing == ("graded", 55, False)
    assert [told["upheld"] for told in events(case, "assessment.appeal_decided")] == [False]
    assert events(case, "assessment.attempt_decided") == []
    again = post(appeal, {"outcome": "upheld", "answer": "After all."}, as_=case.staff)
    assert again.expect(409)["code"] == "appeal_answered"


def test_while_an_appeal_is_open_it_is_the_appeal_that_is_answered() -> None:
    case = graded(55)
    appeal_id = an_appeal(case)
    assert post(url(case), APPROVED, as_=case.staff).expect(409)["code"] == "attempt_state"
    body = {"outcome": "dismissed", "answer": "No.", "score": 60}
    post(f"/v1/assessment/appeals/{appeal_id}/decisions", body, as_=case.staff).expect(422)
    stranger = a_person(an_organization(), Role.ORG_ADMIN)
    body = {"outcome": "upheld", "answer": "Yes."}
    post(f"/v1/assessment/appeals/{appeal_id}/decisions", body, as_=stranger).expect(404)
    post(f"/v1/assessment/appeals/{appeal_id}/decisions", body, as_=case.learner).expect(403)
    assert case.attempt.state == "graded"

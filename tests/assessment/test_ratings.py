"""A learner says how relevant an attempt was (JR-56): once, their own, when it is handed in."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.principal import Role
from tests.assessment.grading.submissions import HONEST
from tests.assessment.grading.walking import HandedIn, a_text
from tests.bus import emitted
from tests.factories.identity import a_person, an_organization
from tests.gateway import get, post

pytestmark = pytest.mark.usefixtures("product")

RELEVANT = {"rating": 5, "comment": "What I want to work on."}


def handed_in(**fields: Any) -> HandedIn:
    return a_text(HONEST, **({"state": "graded", "score": 80, "passed": True} | fields))


def url(case: HandedIn) -> str:
    return f"/v1/assessment/attempts/{case.attempt_id}/ratings"


def told(case: HandedIn) -> list[dict[str, Any]]:
    return [event["data"] for event in emitted(case.org_id, "assessment.attempt_rated")]


def published(org_id: UUID) -> list[dict[str, Any]]:
    with work_for(org_id) as session:
        rows = session.execute(text("SELECT * FROM assessment.v_attempt_ratings"))
        return [row._asdict() for row in rows]


def test_a_learner_rates_what_they_handed_in_and_it_is_told_without_their_words() -> None:
    background = new_id()
    case = handed_in(background_id=background)

    rating = post(url(case), RELEVANT, as_=case.learner).expect(201)

    assert (rating["rating"], rating["comment"]) == (5, RELEVANT["comment"])
    [event] = told(case)
    assert (event["attempt_id"], event["rating"], event["kind"]) == (str(case.attempt_id), 5, "project")
    assert event["background_id"] == str(background)
    assert "comment" not in event
    [row] = published(case.org_id)
    assert (row["attempt_id"], row["org_id"], row["learner_id"]) == (
        case.attempt_id, case.org_id, case.learner.user_id,
    )  # fmt: skip
    assert (row["kind"], row["background_id"], row["rating"]) == ("project", background, 5)
    assert row["program_id"] == case.attempt.program_id


def test_the_same_rating_again_is_the_first() -> None:
    case = handed_in()
    first = post(url(case), RELEVANT, as_=case.learner).expect(201)
    assert post(url(case), RELEVANT, as_=case.learner).expect(200) == first
    assert len(told(case)) == 1


def test_another_rating_replaces_the_one_that_its_learner_has_seen() -> None:
    case = handed_in()
    post(url(case), RELEVANT, as_=case.learner).expect(201)
    other = {"rating": 2}

    refused = post(url(case), other, as_=case.learner).expect(409)
    assert (refused["code"], refused["version"]) == ("already_rated", 1)
    assert published(case.org_id)[0]["rating"] == 5

    replaced = post(url(case), other, as_=case.learner, headers={"If-Match": '"1"'}).expect(200)
    assert (replaced["rating"], replaced["comment"], replaced["version"]) == (2, "", 2)
    post(url(case), {"rating": 3}, as_=case.learner, headers={"If-Match": '"1"'}).expect(412)
    assert [event["rating"] for event in told(case)] == [5, 2]


def test_a_version_of_no_rating_is_stale() -> None:
    case = handed_in()
    post(url(case), RELEVANT, as_=case.learner, headers={"If-Match": '"1"'}).expect(412)
    assert published(case.org_id) == []


@pytest.mark.parametrize("state", ["submitted", "grading", "needs_review", "decided"])
def test_what_is_handed_in_can_be_rated_before_it_is_graded(state: str) -> None:
    scored = {"score": 80, "passed": True} if state == "decided" else {"score": None, "passed": None}
    post(url(case := handed_in(state=state, **scored)), RELEVANT, as_=case.learner).expect(201)


@pytest.mark.parametrize("state", ["preparing", "draft", "in_progress", "failed", "expired"])
def test_what_is_not_handed_in_cannot_be_rated(state: str) -> None:
    case = handed_in(state=state, score=None, passed=None)
    assert post(url(case), RELEVANT, as_=case.learner).expect(409)["code"] == "attempt_state"
    assert published(case.org_id) == []


@pytest.mark.parametrize("body", [{"rating": 0}, {"rating": 6}, {"rating": 3, "learner_id": "x"}, {}])
def test_a_rating_is_a_number_from_one_to_five(body: dict[str, Any]) -> None:
    case = handed_in()
    post(url(case), body, as_=case.learner).expect(422)


def test_only_its_learner_rates_and_only_its_learner_and_staff_read() -> None:
    case = handed_in()
    peer, stranger = a_person(case.org_id), a_person(an_organization(), Role.ORG_ADMIN)
    for other in (peer, stranger, case.staff):
        post(url(case), RELEVANT, as_=other).expect(404)
    assert get(url(case), as_=case.learner).expect(200)["data"] == []
    rated = post(url(case), RELEVANT, as_=case.learner).expect(201)
    for reader in (case.learner, case.staff):
        assert get(url(case), as_=reader).expect(200)["data"] == [rated]
    for other in (peer, stranger):
        get(url(case), as_=other).expect(404)
    assert published(stranger.org_id) == []

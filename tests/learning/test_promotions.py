"""Promotions: one exam for each star's offer, taken or skipped (acceptance story 4)."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from lodestar.contracts.assessment import AssessmentKind, AttemptGraded
from lodestar.contracts.learning import Tier
from lodestar.db import work_for
from lodestar.ids import new_id
from tests.factories.assessment import an_attempt
from tests.factories.identity import a_person
from tests.factories.learning import give_stars
from tests.gateway import Person, get, post
from tests.learning.conftest import Start
from tests.learning.telling import Learner, tell, told


def take_exam(learner: Learner, *, star: int, target: Tier, passed: bool) -> None:
    """The exam of the star's offer, graded and told twice."""
    score = 90 if passed else 50
    attempt_id = an_attempt(
        org_id=learner.org_id, learner_id=learner.learner_id, enrollment_id=learner.enrollment_id, module_id=None,
        kind="promotion_exam", state="graded", star=star, target_tier=target, score=score, passed=passed,
    )  # fmt: skip
    event = AttemptGraded(
        attempt_id=attempt_id, enrollment_id=learner.enrollment_id, learner_id=learner.learner_id,
        kind=AssessmentKind.PROMOTION_EXAM, module_id=None, lesson_id=None, tier_used=Tier.BRONZE,
        target_tier=target, star=star, score=score, passed=passed,
    )  # fmt: skip
    tell(learner.org_id, event)


def offer(learner: Learner, person: Person) -> Any:
    return get(f"/v1/learning/promotions/{learner.enrollment_id}", as_=person).expect(200)


def changes(learner: Learner) -> list[tuple[Any, ...]]:
    query = text(
        "SELECT old_tier, new_tier, cause, star FROM learning.tier_changes WHERE enrollment_id = :id ORDER BY sequence"
    )
    with work_for(learner.org_id) as session:
        return [tuple(row) for row in session.execute(query, {"id": learner.enrollment_id})]


def test_failed_at_two_skipped_at_three_passed_at_four_raises_the_tier_once(start: Start) -> None:
    learner, person = start(stars=2)
    assert offer(learner, person)["offer"]["target_tier"] == "silver"
    take_exam(learner, star=2, target=Tier.SILVER, passed=False)
    assert offer(learner, person)["eligible"] is False

    give_stars(learner.org_id, learner.enrollment_id, 3)
    assert offer(learner, person)["offer"]["star"] == 3
    url = f"/v1/learning/promotions/{learner.enrollment_id}/declines"
    assert post(url, as_=person).expect(201)["star"] == 3
    assert post(url, as_=person).expect(409)["code"] == "no_promotion_offer"
    assert offer(learner, person)["eligible"] is False

    give_stars(learner.org_id, learner.enrollment_id, 4)
    take_exam(learner, star=4, target=Tier.SILVER, passed=True)
    assert changes(learner) == [(None, "bronze", "initial", 1), ("bronze", "silver", "promotion", 4)]
    assert [(e["new"], e["cause"]) for e in told(learner.org_id, "tier_changed")] == [("silver", "promotion")]
    found = offer(learner, person)
    assert (found["eligible"], found["current_tier"], found["declined_stars"]) == (False, "silver", [3])
    assert [(exam["star"], exam["passed"]) for exam in found["exams"]] == [(4, True), (2, False)]


def test_gold_is_offered_nothing(start: Start) -> None:
    learner, person = start(stars=2, tier=Tier.GOLD)
    found = offer(learner, person)
    assert (found["offer"], found["text"]) == (None, "You are at the highest tier.")


def test_a_passed_exam_for_a_tier_already_reached_changes_nothing(start: Start) -> None:
    learner, _ = start(stars=2, tier=Tier.SILVER)
    take_exam(learner, star=2, target=Tier.SILVER, passed=True)
    assert changes(learner) == [(None, "silver", "initial", 1)]


@pytest.mark.parametrize("enrollment_id", [None, new_id()])
def test_a_peer_sees_and_declines_nothing(start: Start, enrollment_id: UUID | None) -> None:
    learner, _ = start(stars=2)
    peer = a_person(learner.org_id)
    url = f"/v1/learning/promotions/{enrollment_id or learner.enrollment_id}"
    assert get(url, as_=peer).status == 404
    assert post(f"{url}/declines", as_=peer).status == 404

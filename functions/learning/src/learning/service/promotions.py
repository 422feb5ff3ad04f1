"""Promotions: the offer, skipping it, and what a passed exam does. The exam itself is assessment's."""

from uuid import UUID

from sqlalchemy.orm import Session

from learning.errors import NoOffer
from learning.models.awards import PromotionDecline
from learning.models.enrollments import Enrollment
from learning.repository import awards as repository
from learning.repository import enrollments
from learning.rules import texts, tiers
from learning.schemas.promotions import ExamRead, PromotionRead, offer_read
from learning.service import access, standing
from lodestar.contracts import assessment
from lodestar.contracts.assessment import AssessmentKind, AttemptOutcome
from lodestar.contracts.learning import Tier, promotion_eligibility
from lodestar.ids import new_id
from lodestar.principal import Principal
from lodestar.problems import NotFound


def read(session: Session, principal: Principal, enrollment_id: UUID) -> PromotionRead:
    """What is on offer, or why nothing is, and what became of earlier offers. Raises `NotFound`, `FeatureOff`."""
    enrollment = enrollments.get(session, principal, enrollment_id)
    if enrollment is None:
        raise NotFound()
    access.require_visible(principal, enrollment)
    learner_id = enrollment.learner_id
    offer = promotion_eligibility(session, learner_id=learner_id, enrollment_id=enrollment_id)
    attempts = assessment.attempts_of(session, learner_id=learner_id, enrollment_id=enrollment_id)
    tier = Tier(enrollment.tier) if enrollment.tier else None
    return PromotionRead(
        enrollment_id=enrollment_id,
        eligible=offer is not None,
        current_tier=tier,
        offer=offer_read(offer) if offer else None,
        text=texts.promotion(offer.target_tier, star=offer.star) if offer else texts.no_promotion(tier),
        exams=[ExamRead.model_validate(a) for a in attempts if a.kind is AssessmentKind.PROMOTION_EXAM],
        declined_stars=[decline.star for decline in repository.declines(session, enrollment_id)],
    )


def decline(session: Session, principal: Principal, enrollment_id: UUID) -> PromotionDecline:
    """Skip the current offer. Raises `NotFound`, `NoOffer`, `FeatureOff`."""
    enrollment = enrollments.own(session, principal, enrollment_id, lock=True)
    if enrollment is None:
        raise NotFound()
    access.require_shown(enrollment)
    offer = promotion_eligibility(session, learner_id=principal.user_id, enrollment_id=enrollment_id)
    if offer is None:
        raise NoOffer(texts.no_promotion(Tier(enrollment.tier) if enrollment.tier else None))
    row = PromotionDecline(
        id=new_id(), enrollment_id=enrollment_id, star=offer.star, target_tier=offer.target_tier
    )
    session.add(row)
    session.flush()
    return row


def apply(session: Session, enrollment: Enrollment, outcome: AttemptOutcome) -> None:
    """A passed exam raises the tier by one; once, and only if the learner is not there already."""
    if not outcome.passed or outcome.target_tier is None or enrollment.tier is None:
        return
    current = Tier(enrollment.tier)
    if tiers.next_tier(current) is not outcome.target_tier or repository.exam_counted(
        session, outcome.attempt_id
    ):
        return
    standing.change_tier(
        session, enrollment, outcome.target_tier, cause="promotion",
        star=outcome.star if outcome.star is not None else enrollment.stars,
        attempt_id=outcome.attempt_id, evidence={"score": outcome.score},
    )  # fmt: skip
    session.flush()

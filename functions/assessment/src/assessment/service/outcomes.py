"""How an attempt ended, as others hear of it."""

from assessment.models.attempts import Attempt
from lodestar.contracts.assessment import AssessmentKind, AttemptDecided, AttemptGraded, AttemptOutcome
from lodestar.contracts.learning import Tier


def graded(attempt: Attempt) -> AttemptGraded:
    """The event of an attempt whose score our code computed."""
    return AttemptGraded.model_validate(_outcome(attempt).model_dump())


def decided(attempt: Attempt) -> AttemptDecided:
    """The event of an attempt that a person ruled on."""
    return AttemptDecided.model_validate(_outcome(attempt).model_dump())


def _outcome(attempt: Attempt) -> AttemptOutcome:
    return AttemptOutcome(
        attempt_id=attempt.id,
        enrollment_id=attempt.enrollment_id,
        learner_id=attempt.learner_id,
        kind=AssessmentKind(attempt.kind),
        module_id=attempt.module_id,
        lesson_id=attempt.lesson_id,
        tier_used=Tier(attempt.tier_used) if attempt.tier_used else None,
        target_tier=Tier(attempt.target_tier) if attempt.target_tier else None,
        star=attempt.star,
        score=float(attempt.score or 0),
        passed=bool(attempt.passed),
    )

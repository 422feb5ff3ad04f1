"""What every step of grading does alike: hold the attempt, and end it without a grade by a name."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from assessment.models.attempts import Attempt
from assessment.repository import claims
from assessment.repository import grading as repository
from assessment.rules.states import State
from assessment.schemas.grading_steps import GradingStep
from lodestar import clock, events
from lodestar.contracts.assessment import AssessmentKind, AttemptFailed
from lodestar.db import work_for


class ClaimLost(Exception):
    """Another execution holds the attempt, or it is graded already; this one has nothing left to do."""


@contextmanager
def holding(step: GradingStep) -> Iterator[tuple[Session, Attempt]]:
    """One transaction with the attempt locked and the execution's hold renewed. Raises `ClaimLost`."""
    with work_for(step.org_id) as session:
        attempt = repository.lock_held(session, step.attempt_id, execution=step.execution)
        if attempt is None:
            raise ClaimLost(f"attempt {step.attempt_id} is not held by {step.execution}")
        yield session, attempt
        session.flush()
        claims.renew(session, step.attempt_id, execution=step.execution)


def refuse(session: Session, attempt: Attempt, *, code: str, detail: str) -> None:
    """End the attempt without a grade; it does not count, and the learner may hand in again."""
    attempt.state, attempt.ended_at = State.FAILED, clock.now()
    attempt.failure_code, attempt.failure_detail = code, detail
    event = AttemptFailed(
        attempt_id=attempt.id,
        learner_id=attempt.learner_id,
        kind=AssessmentKind(attempt.kind),
        code=code,
        detail=detail,
    )
    events.emit(session, event)

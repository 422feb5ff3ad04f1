"""Grading an attempt: claimed by one execution, judged criterion by criterion, settled once, or failed by name."""

from sqlalchemy.orm import Session

from assessment.models.attempts import Attempt
from assessment.repository import claims
from assessment.repository import grading as repository
from assessment.rules.grading import Outcome, Reason, Run, attempts_left, outcome
from assessment.rules.states import State
from assessment.schemas.grading_steps import Claimed, FailStep, GradingStep
from assessment.service.feedback import feedback_of
from assessment.service.grading_steps import ClaimLost, holding, refuse
from assessment.service.outcomes import graded
from lodestar import clock, events
from lodestar.contracts.assessment import AssessmentKind, ReviewNeeded
from lodestar.db import work_for
from lodestar.log import log

FAILED = "Grading did not come to an end; staff have been told. Your work is kept."


def claim(step: GradingStep) -> Claimed:
    """Take the attempt, unless it is graded already or another execution holds it (a rule may start two)."""
    with work_for(step.org_id) as session:
        claimed = claims.claim(
            session,
            step.attempt_id,
            execution=step.execution,
            states=(State.SUBMITTED, State.GRADING),
            becomes=State.GRADING,
        )
        attempt = (
            repository.lock_held(session, step.attempt_id, execution=step.execution) if claimed else None
        )
    return Claimed(submission_kind=attempt.submission_kind if attempt else None)


def settle(step: GradingStep) -> dict[str, object]:
    """Decide what counts: a grade, or that a person looks first. A repeated step finds it settled."""
    try:
        with holding(step) as (session, attempt):
            decided = _decided(session, attempt)
            _apply(session, attempt, decided)
    except ClaimLost:
        log.info("grading_already_settled", attempt_id=str(step.attempt_id))
        return {"settled": False}
    log.info("grading_settled", attempt_id=str(step.attempt_id), review_reason=decided.reason)
    return {"settled": True}


def fail(step: FailStep) -> dict[str, object]:
    """End the attempt by name; it does not count, and its learner hears why."""
    try:
        with holding(step) as (session, attempt):
            refuse(session, attempt, code="grading_failed", detail=FAILED)
    except ClaimLost:
        return {"failed": False}
    log.error("grading_failed", attempt_id=str(step.attempt_id), error=step.error)
    return {"failed": True}


def _decided(session: Session, attempt: Attempt) -> Outcome:
    runs = [
        Run(grade.run, grade.score, grade.passed, frozenset(grade.doubts))
        for grade in repository.grades_of(session, attempt.id)
    ]
    if not runs and repository.work_of(session, attempt.id) is None:
        return Outcome(None, Reason.NO_TRANSCRIPT)
    most, window_days = repository.max_attempts(session, attempt.assessment_id)
    earlier = repository.states_before(session, attempt)
    last = window_days is None and most is not None and attempts_left(earlier, most) <= 1
    signs = repository.signs_of(session, attempt.id)
    return outcome(runs, signs_of_manipulation=bool(signs), last_attempt=last)


def _apply(session: Session, attempt: Attempt, decided: Outcome) -> None:
    grade = next((g for g in repository.grades_of(session, attempt.id) if g.run == decided.settled), None)
    if grade is not None:
        grade.settled = True
    if decided.reason is not None or grade is None:
        reason = decided.reason or Reason.NO_MODEL
        attempt.state, attempt.review_reason = State.NEEDS_REVIEW, reason
        event = ReviewNeeded(
            attempt_id=attempt.id,
            learner_id=attempt.learner_id,
            kind=AssessmentKind(attempt.kind),
            reason=reason,
        )
        events.emit(session, event)
        return
    attempt.state, attempt.ended_at = State.GRADED, clock.now()
    attempt.score, attempt.passed = grade.score, grade.passed
    attempt.feedback = feedback_of(session, attempt, grade)
    events.emit(session, graded(attempt))

"""A person rules: on what grading left to them, over a grade, and on an appeal (JR-45, X-12)."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from assessment.errors import AppealAnswered, AttemptState, OwnWork
from assessment.models.appeals import Appeal
from assessment.models.attempts import Attempt
from assessment.models.decisions import AttemptDecision
from assessment.repository import decisions as repository
from assessment.repository import grading
from assessment.rules.decisions import DECIDERS, decided_score
from assessment.rules.states import State
from assessment.schemas.decisions import AppealDecisionCreate, DecisionCreate
from assessment.service import outcomes
from assessment.service.feedback import feedback_of
from lodestar import audit, clock, events
from lodestar.contracts.assessment import AppealDecided
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.principal import Principal
from lodestar.problems import InvalidContent, NotFound


def list_decisions(
    session: Session, caller: Principal, attempt_id: UUID, page: PageQuery
) -> Page[AttemptDecision]:
    """What persons ruled on the attempt, newest first; a learner sees their own attempts'. Raises `NotFound`."""
    learner_id = None if caller.has(*DECIDERS) else caller.user_id
    if not repository.is_readable(session, attempt_id, learner_id=learner_id):
        raise NotFound()
    return paginate(session, repository.decisions_of(attempt_id), page, keys=(AttemptDecision.id,))


def decide(session: Session, caller: Principal, attempt_id: UUID, body: DecisionCreate) -> AttemptDecision:
    """Approve or reject. Raises `NotFound`, `OwnWork`, `AttemptState`, `InvalidContent`."""
    attempt = repository.lock_attempt(session, attempt_id)
    if attempt is None:
        raise NotFound()
    _require_others_work(caller, attempt)
    if attempt.state not in (State.NEEDS_REVIEW, State.GRADED):
        raise AttemptState(
            "There is nothing to decide: the attempt is not graded yet, or a person has decided."
        )
    if repository.has_open_appeal(session, attempt_id):
        raise AttemptState("The learner appealed; answer the appeal, which decides this attempt as well.")
    approved = body.outcome == "approved"
    return _rule(session, caller, attempt, approved=approved, given=body.score, words=body.feedback)


def answer_appeal(session: Session, caller: Principal, appeal_id: UUID, body: AppealDecisionCreate) -> Appeal:
    """Uphold, which decides the attempt anew, or dismiss, which leaves it as it is.

    Raises `NotFound`, `OwnWork`, `AppealAnswered`, `InvalidContent`.
    """
    found = repository.lock_appeal(session, appeal_id)
    if found is None:
        raise NotFound()
    appeal, attempt = found
    _require_others_work(caller, attempt)
    if appeal.state != "open":
        raise AppealAnswered()
    upheld = body.outcome == "upheld"
    if not upheld and body.score is not None:
        raise InvalidContent("A dismissed appeal leaves the score as it is; leave `score` out.")
    if upheld:
        score = body.score
        approved = score is None or Decimal(str(score)) >= attempt.passing_score
        _rule(session, caller, attempt, approved=approved, given=score, words=body.answer)
    appeal.state, appeal.answer = body.outcome, body.answer
    appeal.decided_by, appeal.decided_at = caller.user_id, clock.now()
    session.flush()
    event = AppealDecided(
        appeal_id=appeal.id, attempt_id=attempt.id, learner_id=attempt.learner_id, upheld=upheld
    )
    events.emit(session, event)
    audit.record(
        session, "appeal.decided", subject_type="appeal", subject_id=appeal.id,
        before={"state": "open"}, after={"state": appeal.state}, reason=body.answer,
    )  # fmt: skip
    return appeal


def _require_others_work(caller: Principal, attempt: Attempt) -> None:
    if attempt.learner_id == caller.user_id:
        raise OwnWork()


def _rule(
    session: Session, caller: Principal, attempt: Attempt, *, approved: bool, given: float | None, words: str
) -> AttemptDecision:
    grade = grading.settled_grade(session, attempt.id)
    suggested = attempt.score if attempt.score is not None else grade.score if grade else None
    try:
        score = decided_score(
            approved=approved,
            given=None if given is None else Decimal(str(given)),
            suggested=suggested,
            passing_score=attempt.passing_score,
        )
    except ValueError as error:
        raise InvalidContent(str(error)) from None
    before = _standing(attempt)
    decision = AttemptDecision(
        attempt_id=attempt.id,
        decided_by=caller.user_id,
        outcome="approved" if approved else "rejected",
        score=score,
        feedback=words,
        previous=before | {"graded_by": grade.model if grade else None},
    )
    session.add(decision)
    known = attempt.feedback or (feedback_of(session, attempt, grade) if grade else {})
    attempt.feedback = known | {"summary": words, "graded_by": {"source": "person", "model": None}}
    attempt.state, attempt.ended_at, attempt.review_reason = State.DECIDED, clock.now(), None
    attempt.score, attempt.passed = score, approved
    session.flush()
    events.emit(session, outcomes.decided(attempt))
    audit.record(
        session, "attempt.decided", subject_type="attempt", subject_id=attempt.id,
        before=before, after=_standing(attempt), reason=words,
    )  # fmt: skip
    return decision


def _standing(attempt: Attempt) -> dict[str, Any]:
    return {
        "state": str(attempt.state),
        "score": None if attempt.score is None else float(attempt.score),
        "passed": attempt.passed,
        "review_reason": attempt.review_reason,
    }

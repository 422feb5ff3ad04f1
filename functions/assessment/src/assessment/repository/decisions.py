"""Attempts and appeals as those who decide reach them, and what they ruled."""

from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from assessment.models.appeals import Appeal
from assessment.models.attempts import Attempt
from assessment.models.decisions import AttemptDecision


def lock_attempt(session: Session, attempt_id: UUID) -> Attempt | None:
    """An attempt of the decider's organization, held until the transaction ends."""
    return session.scalar(select(Attempt).where(Attempt.id == attempt_id).with_for_update())


def lock_appeal(session: Session, appeal_id: UUID) -> tuple[Appeal, Attempt] | None:
    """An appeal of the decider's organization and its attempt, held until the transaction ends."""
    both = select(Appeal, Attempt).join(Attempt, Attempt.id == Appeal.attempt_id)
    row = session.execute(both.where(Appeal.id == appeal_id).with_for_update()).one_or_none()
    return (row[0], row[1]) if row else None


def has_open_appeal(session: Session, attempt_id: UUID) -> bool:
    """Whether an appeal waits for its answer."""
    return bool(
        session.scalar(select(exists().where(Appeal.attempt_id == attempt_id, Appeal.state == "open")))
    )


def is_readable(session: Session, attempt_id: UUID, *, learner_id: UUID | None) -> bool:
    """Whether there is such an attempt; with `learner_id`, of theirs."""
    found = exists().where(Attempt.id == attempt_id)
    return bool(
        session.scalar(select(found if learner_id is None else found.where(Attempt.learner_id == learner_id)))
    )


def decisions_of(attempt_id: UUID) -> Select[AttemptDecision]:
    """What persons ruled on the attempt."""
    return select(AttemptDecision).where(AttemptDecision.attempt_id == attempt_id)

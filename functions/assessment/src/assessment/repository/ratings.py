"""Learners' ratings of their attempts."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, load_only

from assessment.models.attempts import Attempt
from assessment.models.ratings import AttemptRating

TOLD = (
    Attempt.id, Attempt.enrollment_id, Attempt.learner_id, Attempt.program_id, Attempt.background_id,
    Attempt.kind, Attempt.state,
)  # fmt: skip


def own(session: Session, learner_id: UUID, attempt_id: UUID) -> tuple[Attempt, AttemptRating | None] | None:
    """The learner's attempt, without what it asks, and their rating of it."""
    statement = (
        select(Attempt, AttemptRating)
        .outerjoin(
            AttemptRating,
            (AttemptRating.org_id == Attempt.org_id) & (AttemptRating.attempt_id == Attempt.id),
        )
        .where(Attempt.id == attempt_id, Attempt.learner_id == learner_id)
        .options(load_only(*TOLD, raiseload=True))
    )
    row = session.execute(statement).one_or_none()
    return (row[0], row[1]) if row else None


def insert_new(
    session: Session, *, attempt_id: UUID, learner_id: UUID, rating: int, comment: str
) -> AttemptRating | None:
    """Store a rating; None when the attempt has one."""
    values = {"attempt_id": attempt_id, "learner_id": learner_id, "rating": rating, "comment": comment}
    statement = insert(AttemptRating).values(values).on_conflict_do_nothing()
    return session.scalar(statement.returning(AttemptRating))


def of_attempt(attempt_id: UUID) -> Select[AttemptRating]:
    """The attempt's rating, if it has one."""
    return select(AttemptRating).where(AttemptRating.attempt_id == attempt_id)

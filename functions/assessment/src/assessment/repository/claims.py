"""Who works on an attempt: an execution of a state machine holds it for a while, and renews its hold."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Update, func, or_, update
from sqlalchemy.orm import Session

from assessment.models.attempts import Attempt

LEASE = timedelta(seconds=150)
"""Longer than the longest call to a model (60 s, D-06) with its waits; every call renews the hold."""


def claim(
    session: Session,
    attempt_id: UUID,
    *,
    execution: str,
    states: tuple[str, ...],
    becomes: str,
    generation: int | None = None,
) -> bool:
    """Take the attempt for `execution` if it is in one of `states` and nobody else holds it.

    The same execution may claim again (a retried step); another may take over once the lease has run out, which is
    how work that a crash dropped is taken up. One conditional write, so that of two claims one wins.
    """
    statement = update(Attempt).where(
        Attempt.id == attempt_id,
        Attempt.state.in_(states),
        or_(
            Attempt.claimed_by.is_(None),
            Attempt.claimed_by == execution,
            Attempt.claimed_at < func.now() - LEASE,
        ),
    )
    if generation is not None:
        statement = statement.where(Attempt.generation == generation)
    claimed = session.scalar(_held(statement, execution, state=becomes).returning(Attempt.id))
    return claimed is not None


def renew(session: Session, attempt_id: UUID, *, execution: str) -> bool:
    """Hold on for another lease; False when the hold was lost, and the execution should stop."""
    statement = update(Attempt).where(Attempt.id == attempt_id, Attempt.claimed_by == execution)
    return session.scalar(_held(statement, execution).returning(Attempt.id)) is not None


def _held(statement: Update, execution: str, **values: Any) -> Update:
    changed = statement.values(claimed_by=execution, claimed_at=func.now(), updated_at=func.now(), **values)
    return changed.execution_options(synchronize_session=False)

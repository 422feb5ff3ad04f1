"""Retention policies and legal holds."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from identity.models.retention import LegalHold, RetentionPolicy


def policies(session: Session, *, lock: bool = False) -> dict[str, RetentionPolicy]:
    """The organization's own periods, by category."""
    statement = select(RetentionPolicy).order_by(RetentionPolicy.category)
    rows = session.scalars(statement.with_for_update() if lock else statement)
    return {row.category: row for row in rows}


def holds(session: Session, *, lock: bool = False) -> dict[UUID, LegalHold]:
    """The standing holds, by person, oldest first."""
    statement = select(LegalHold).where(LegalHold.released_at.is_(None)).order_by(LegalHold.id)
    rows = session.scalars(statement.with_for_update() if lock else statement)
    return {row.user_id: row for row in rows}


def version(session: Session) -> int:
    """Goes up with every change of a policy or a hold."""
    of_policies = session.scalar(select(func.coalesce(func.sum(RetentionPolicy.version), 0))) or 0
    of_holds = session.scalar(select(func.coalesce(func.sum(LegalHold.version), 0))) or 0
    return int(of_policies + of_holds)

"""The audit log's rows."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import insert, null, select, text
from sqlalchemy.orm import Session

from identity.models.audit_events import AuditEvent
from lodestar.pagination import Page, PageQuery, paginate

ROWS_AT_A_TIME = 1000
LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(backbone.current_org()::text, 0))")
AS_STORED = text("SELECT CAST(:before AS jsonb) AS before, CAST(:after AS jsonb) AS after")
CHAINED_ORGANIZATIONS = text("SELECT org_id FROM identity.audited_organizations()")


def lock_chain(session: Session) -> None:
    """One writer at a time for the organization's chain, until the end of the transaction."""
    session.execute(LOCK)


def last(session: Session) -> tuple[int, str] | None:
    """Sequence and hash of the chain's end."""
    query = select(AuditEvent.sequence, AuditEvent.hash).order_by(AuditEvent.sequence.desc()).limit(1)
    row = session.execute(query).first()
    return (row.sequence, row.hash) if row else None


def as_stored(session: Session, *, before: str, after: str) -> tuple[Any, Any]:
    """The JSON as PostgreSQL will give it back: it has its own idea of numbers."""
    row = session.execute(AS_STORED, {"before": before, "after": after}).one()
    return row.before, row.after


def append(session: Session, values: Mapping[str, Any]) -> None:
    """Store the entry. An absent `before` or `after` is NULL, not JSON's null."""
    absent = {name: null() for name in ("before", "after") if values[name] is None}
    session.execute(insert(AuditEvent).values({**values, **absent}))


def chain(session: Session) -> Iterator[AuditEvent]:
    """Every entry of the organization in order, read a part at a time."""
    after = 0
    while True:
        query = select(AuditEvent).where(AuditEvent.sequence > after).order_by(AuditEvent.sequence)
        part = session.scalars(query.limit(ROWS_AT_A_TIME)).all()
        yield from part
        if len(part) < ROWS_AT_A_TIME:
            return
        after = part[-1].sequence
        session.expunge_all()


def entries(session: Session, page: PageQuery, *, filters: Mapping[str, Any]) -> Page[AuditEvent]:
    """The organization's entries with these values, newest first."""
    statement = select(AuditEvent).filter_by(
        **{name: value for name, value in filters.items() if value is not None}
    )
    return paginate(session, statement, page, keys=(AuditEvent.sequence,))


def chained_organizations(session: Session) -> list[UUID]:
    """The organizations that have an audit log."""
    return list(session.scalars(CHAINED_ORGANIZATIONS))

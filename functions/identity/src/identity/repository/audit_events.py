"""The audit log's rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, null, select, text
from sqlalchemy.orm import Session

from identity.models.audit_events import AuditEvent
from identity.rules.audit_chain import HASHED, Head
from lodestar.pagination import Page, PageQuery, paginate

LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(backbone.current_org()::text, 0))")
LOCK_VERIFICATIONS = text(
    """
    SELECT pg_advisory_xact_lock(
      hashtextextended('audit_verification:' || backbone.current_org() || ':' || CAST(:user AS text), 0))
    """
)
AS_STORED = text("SELECT CAST(:before AS jsonb) AS before, CAST(:after AS jsonb) AS after")
CHAINED_ORGANIZATIONS = text("SELECT org_id FROM identity.audited_organizations()")
CHAINED = [getattr(AuditEvent, name) for name in (*HASHED, "previous_hash", "hash")]


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: entries for which all that is given holds. `action` is a whole one (`membership.created`)
    or what comes before its dot; `since` belongs to the time and `before` no longer."""

    action: str | None = None
    actor_id: UUID | None = None
    api_key_id: UUID | None = None
    subject_type: str | None = None
    subject_id: UUID | None = None
    correlation_id: str | None = None
    since: datetime | None = None
    before: datetime | None = None


def lock_chain(session: Session) -> None:
    """One writer at a time for the organization's chain, until the end of the transaction."""
    session.execute(LOCK)


def lock_verifications(session: Session, user_id: UUID) -> None:
    """One at a time of whoever asks for one, so that a second click finds the first one's."""
    session.execute(LOCK_VERIFICATIONS, {"user": str(user_id)})


def last(session: Session) -> Head | None:
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


def part(session: Session, *, after: int, most: int, up_to: int | None = None) -> Sequence[Row[Any]]:
    """The next entries of the organization's chain, in order, at most up to one of them."""
    query = select(*CHAINED).where(AuditEvent.sequence > after).order_by(AuditEvent.sequence).limit(most)
    if up_to is not None:
        query = query.where(AuditEvent.sequence <= up_to)
    return session.execute(query).all()


def entries(session: Session, page: PageQuery, search: Search) -> Page[AuditEvent]:
    """The organization's entries that are looked for, newest first."""
    statement = select(AuditEvent)
    for name in ("actor_id", "api_key_id", "subject_type", "subject_id", "correlation_id"):
        if (wanted := getattr(search, name)) is not None:
            statement = statement.where(getattr(AuditEvent, name) == wanted)
    if search.action is not None:
        column = AuditEvent.action if "." in search.action else AuditEvent.area
        statement = statement.where(column == search.action)
    if search.since is not None:
        statement = statement.where(AuditEvent.occurred_at >= search.since)
    if search.before is not None:
        statement = statement.where(AuditEvent.occurred_at < search.before)
    return paginate(session, statement, page, keys=(AuditEvent.occurred_at, AuditEvent.sequence))


def chained_organizations(session: Session) -> list[UUID]:
    """The organizations that have an audit log."""
    return list(session.scalars(CHAINED_ORGANIZATIONS))

"""Events leave with the transaction that caused them, and are published right after its commit.

`events.emit` collects, `write` inserts them in one statement before the commit, `publish` sends them on. A publisher
that dies between commit and publish loses nothing: backbone's relay sweeps what is not marked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from lodestar import tables
from lodestar.log import log

PENDING = "outbox.pending"
WRITTEN = "outbox.written"
ROWS_AT_ONCE = 5_000
"""PostgreSQL binds at most 65,535 parameters a statement."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One event on its way: `name` is `<domain>.<event>`, `detail` what subscribers get."""

    id: UUID
    org_id: UUID
    name: str
    detail: dict[str, Any]
    occurred_at: datetime


def write(session: Session) -> None:
    """Store what was emitted in this transaction for its organization."""
    pending: list[OutboxRow] = session.info.pop(PENDING, [])
    if pending:
        session.info.setdefault(WRITTEN, []).extend(pending)
        rows = [
            {"id": e.id, "org_id": e.org_id, "name": e.name, "detail": e.detail, "occurred_at": e.occurred_at}
            for e in pending
        ]
        for start in range(0, len(rows), ROWS_AT_ONCE):
            session.execute(insert(tables.outbox).values(rows[start : start + ROWS_AT_ONCE]))


def publish(session: Session) -> None:
    """Send what this transaction committed. A failure is logged and left to the relay: the work itself stands."""
    written: list[OutboxRow] = session.info.pop(WRITTEN, [])
    if not written:
        return
    from lodestar import bus

    sent = bus.put(written)
    if sent.refused:
        reason = next(iter(sent.refused.values()))
        log.warning("events_left_to_the_relay", count=len(sent.refused), reason=reason)
    accepted = set(sent.accepted)
    log.info(
        "events_published",
        events=[{"id": str(e.id), "name": e.name} for e in written if e.id in accepted],
    )
    mark_published(session, sent.accepted)


def mark_published(session: Session, event_ids: Sequence[UUID]) -> None:
    """Note, in a transaction of its own, that these events reached the bus."""
    if event_ids:
        session.execute(text("SELECT backbone.mark_published(:ids)"), {"ids": list(event_ids)})
        session.commit()

"""Queries of policies, anchors and scheduled messages."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from messaging.models.reminders import Anchor, AnchorRecipient, ReminderPolicy, ScheduledMessage

ROWS_AT_ONCE = 2_000
"""PostgreSQL binds at most 65,535 parameters a statement."""


def policies(session: Session) -> Sequence[ReminderPolicy]:
    """The organization's own versions."""
    return session.scalars(select(ReminderPolicy)).all()


def policy_of(session: Session, key: str, *, lock: bool = False) -> ReminderPolicy | None:
    """The organization's own version of one policy."""
    query = select(ReminderPolicy).where(ReminderPolicy.key == key)
    return session.scalar(query.with_for_update() if lock else query)


def anchor_of(session: Session, kind: str, subject_id: UUID) -> Anchor | None:
    """The anchor, locked: events of one anchor are worked on one after the other."""
    query = select(Anchor).where(Anchor.kind == kind, Anchor.subject_id == subject_id)
    return session.scalar(query.with_for_update())


def anchor_seen(session: Session, kind: str, subject_id: UUID) -> Anchor | None:
    """The anchor, only to be read."""
    return session.scalar(select(Anchor).where(Anchor.kind == kind, Anchor.subject_id == subject_id))


def ensure_anchor(session: Session, *, kind: str, subject_id: UUID, **first: Any) -> tuple[Anchor, bool]:
    """The anchor, locked, and whether it was made just now with the values `first`."""
    made = session.scalar(
        insert(Anchor)
        .values(kind=kind, subject_id=subject_id, **first)
        .on_conflict_do_nothing(index_elements=["org_id", "kind", "subject_id"])
        .returning(Anchor.id)
    )
    anchor = anchor_of(session, kind, subject_id)
    if anchor is None:
        raise LookupError("An anchor was deleted while it was set.")
    return anchor, made is not None


def merge_recipients(session: Session, rows: Iterable[dict[str, Any]]) -> None:
    """Add recipients; of one that is there already, what is told now holds."""
    values = list(rows)
    for start in range(0, len(values), ROWS_AT_ONCE):
        statement = insert(AnchorRecipient).values(values[start : start + ROWS_AT_ONCE])
        told = ("email", "phone", "name", "locale", "time_zone", "variables")
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["org_id", "anchor_id", "audience", "recipient_key"],
                set_={name: statement.excluded[name] for name in told},
            )
        )


def recipients(
    session: Session, anchor_id: UUID, *, keys: Iterable[str] | None = None
) -> Sequence[AnchorRecipient]:
    """Who is still reminded of the anchor; with `keys`, those of them."""
    query = select(AnchorRecipient).where(
        AnchorRecipient.anchor_id == anchor_id, AnchorRecipient.stopped_at.is_(None)
    )
    return session.scalars(
        query.where(AnchorRecipient.recipient_key.in_(set(keys))) if keys is not None else query
    ).all()


def stop(session: Session, anchor_id: UUID, *, keys: Iterable[str], reason: str, now: datetime) -> list[UUID]:
    """These are not reminded any more; the ids of those who were."""
    statement = (
        update(AnchorRecipient)
        .where(
            AnchorRecipient.anchor_id == anchor_id,
            AnchorRecipient.recipient_key.in_(set(keys)),
            AnchorRecipient.stopped_at.is_(None),
        )
        .values(stopped_at=now, stopped_reason=reason)
        .returning(AnchorRecipient.id)
        .execution_options(synchronize_session=False)
    )
    return list(session.scalars(statement))


def plan(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Add scheduled messages, unless the same are there."""
    for start in range(0, len(rows), ROWS_AT_ONCE):
        statement = insert(ScheduledMessage).values(rows[start : start + ROWS_AT_ONCE])
        session.execute(statement.on_conflict_do_nothing())


def cancel_unsent(
    session: Session,
    anchor_id: UUID,
    *,
    reason: str,
    now: datetime,
    reminded: Iterable[UUID] | None = None,
) -> int:
    """Cancel what is scheduled for the anchor; with `reminded`, for these recipients only. Answers how many."""
    statement = update(ScheduledMessage).where(
        ScheduledMessage.anchor_id == anchor_id, ScheduledMessage.state == "scheduled"
    )
    if reminded is not None:
        statement = statement.where(ScheduledMessage.reminded_id.in_(list(reminded)))
    done = session.execute(
        statement.values(state="cancelled", reason=reason, settled_at=now)
        .returning(ScheduledMessage.id)
        .execution_options(synchronize_session=False)
    )
    return len(done.all())


def scheduled(
    *, state: str | None, policy_key: str | None, recipient_id: UUID | None, anchor_id: UUID | None
) -> Select[Any]:
    """Scheduled messages with their anchors, filtered."""
    wanted = {
        "state": state, "policy_key": policy_key, "recipient_id": recipient_id, "anchor_id": anchor_id,
    }  # fmt: skip
    given = {name: value for name, value in wanted.items() if value is not None}
    return select(ScheduledMessage).filter_by(**given)


def scheduled_one(session: Session, message_id: UUID) -> ScheduledMessage | None:
    """One scheduled message, locked for a change."""
    return session.scalar(select(ScheduledMessage).where(ScheduledMessage.id == message_id).with_for_update())


def of_schedule(
    session: Session, ids: Iterable[UUID]
) -> dict[UUID, tuple[ScheduledMessage, Anchor, AnchorRecipient]]:
    """Scheduled messages with their anchors and recipients, by id."""
    query = (
        select(ScheduledMessage, Anchor, AnchorRecipient)
        .join(Anchor, Anchor.id == ScheduledMessage.anchor_id)
        .join(AnchorRecipient, AnchorRecipient.id == ScheduledMessage.reminded_id)
        .where(ScheduledMessage.id.in_(set(ids)))
    )
    return {row[0].id: (row[0], row[1], row[2]) for row in session.execute(query)}

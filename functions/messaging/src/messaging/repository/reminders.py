"""Queries of policies, anchors and scheduled messages."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, delete, exists, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from messaging.models.deliveries import Delivery
from messaging.models.reminders import (
    Anchor,
    AnchorRecipient,
    ReminderPolicy,
    ScheduledMessage,
    WaitingMessage,
)

ROWS_AT_ONCE = 2_000
"""PostgreSQL binds at most 65,535 parameters a statement."""
PLACE = (WaitingMessage.org_id, WaitingMessage.send_at, WaitingMessage.id)
WAITS = exists().where(
    tuple_(*PLACE) == tuple_(ScheduledMessage.org_id, ScheduledMessage.send_at, ScheduledMessage.id)
)
STATE = case(
    (ScheduledMessage.state != "scheduled", ScheduledMessage.state), (WAITS, "scheduled"), else_="released"
)
RELEASED_AT = (
    select(func.min(Delivery.created_at))
    .where(Delivery.org_id == ScheduledMessage.org_id, Delivery.scheduled_message_id == ScheduledMessage.id)
    .scalar_subquery()
)


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
    """Add scheduled messages, unless the same are there. They wait, but for those that are skipped from the first."""
    place = (ScheduledMessage.org_id, ScheduledMessage.send_at, ScheduledMessage.id)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        statement = insert(ScheduledMessage).values(rows[start : start + ROWS_AT_ONCE])
        made = statement.on_conflict_do_nothing().returning(*place, ScheduledMessage.state).cte()
        waiting = select(made.c.org_id, made.c.send_at, made.c.id).where(made.c.state == "scheduled")
        session.execute(insert(WaitingMessage).from_select([column.key for column in PLACE], waiting))


def cancel_unsent(
    session: Session,
    anchor_id: UUID,
    *,
    reason: str,
    now: datetime,
    reminded: Iterable[UUID] | None = None,
) -> int:
    """Cancel what waits of the anchor; with `reminded`, for these recipients only. Answers how many."""
    wanted = [ScheduledMessage.anchor_id == anchor_id]
    if reminded is not None:
        wanted.append(ScheduledMessage.reminded_id.in_(list(reminded)))
    return _cancel(session, *wanted, reason=reason, now=now)


def cancel_one(session: Session, message_id: UUID, *, reason: str, now: datetime) -> bool:
    """Whether it waited, and is cancelled now."""
    return _cancel(session, ScheduledMessage.id == message_id, reason=reason, now=now) == 1


def _cancel(session: Session, *wanted: ColumnElement[bool], reason: str, now: datetime) -> int:
    """Whoever takes a message out of those that wait decides about it: the sweep and this never both do."""
    same = tuple_(*PLACE) == tuple_(ScheduledMessage.org_id, ScheduledMessage.send_at, ScheduledMessage.id)
    taken = delete(WaitingMessage).where(same, *wanted).returning(WaitingMessage.id).cte()
    done = session.execute(
        update(ScheduledMessage)
        .where(ScheduledMessage.id == taken.c.id)
        .values(state="cancelled", reason=reason, settled_at=now)
        .returning(ScheduledMessage.id)
        .execution_options(synchronize_session=False)
    )
    return len(done.all())


def scheduled(*, state: str | None, from_the_latest: bool, **wanted: Any) -> Select[Any]:
    """Scheduled messages, each with its state of now and the moment since when it has it, filtered by those of the
    columns that are not None.

    `from_the_latest` is for a first page: the latest are still to come, and none of them is released. A later page's
    cursor is past those, and with two limits PostgreSQL would begin at the farther one.
    """
    given = [getattr(ScheduledMessage, name) == value for name, value in wanted.items() if value is not None]
    settled_at = func.coalesce(ScheduledMessage.settled_at, RELEASED_AT)
    query = select(ScheduledMessage, STATE.label("state"), settled_at.label("settled_at")).where(*given)
    match state:
        case None:
            return query
        case "scheduled":
            return query.where(ScheduledMessage.state == "scheduled", WAITS)
        case "released":
            released = query.where(STATE == "released")
            return released.where(ScheduledMessage.send_at <= func.now()) if from_the_latest else released
    return query.where(ScheduledMessage.state == state)


def state_of(session: Session, message_id: UUID) -> str | None:
    """The state of one scheduled message now; None of none."""
    return session.scalar(select(STATE).where(ScheduledMessage.id == message_id))


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

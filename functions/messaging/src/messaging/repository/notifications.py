"""Queries of notifications."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lodestar.ids import new_id
from messaging.models.notifications import Notification
from messaging.rules.texts import Notice

MOST_COUNTED = 1000


def add(session: Session, recipients: Iterable[UUID], notice: Notice) -> None:
    """Tell each recipient, unless they were told of this occasion before."""
    rows = [
        {
            "id": new_id(),
            "recipient_id": recipient,
            "type": notice.type,
            "title": notice.title,
            "body": notice.body,
            "target_type": notice.target_type,
            "target_id": notice.target_id,
            "dedupe_key": f"{notice.type}:{notice.occasion}",
        }
        for recipient in dict.fromkeys(recipients)
    ]
    if rows:
        statement = insert(Notification).values(rows)
        session.execute(
            statement.on_conflict_do_nothing(index_elements=["org_id", "recipient_id", "dedupe_key"])
        )


def notifications_of(recipient_id: UUID, *, unread: bool | None, type_: str | None) -> Select[Any]:
    """The person's notifications, filtered."""
    query = select(Notification).where(Notification.recipient_id == recipient_id)
    if unread is not None:
        query = query.where(Notification.read_at.is_(None) if unread else Notification.read_at.is_not(None))
    return query.where(Notification.type == type_) if type_ is not None else query


def unread_count(session: Session, recipient_id: UUID) -> int:
    """How many the person has not read; counting stops at MOST_COUNTED."""
    unread = select(Notification.id).where(
        Notification.recipient_id == recipient_id, Notification.read_at.is_(None)
    )
    return session.scalar(select(func.count()).select_from(unread.limit(MOST_COUNTED).subquery())) or 0


def notification_of(session: Session, notification_id: UUID, *, recipient_id: UUID) -> Notification | None:
    """The person's own notification, locked for a change."""
    query = select(Notification).where(
        Notification.id == notification_id, Notification.recipient_id == recipient_id
    )
    return session.scalar(query.with_for_update())


def mark_read(session: Session, recipient_id: UUID, *, up_to: UUID, now: datetime) -> int:
    """Mark what came up to and with this notification as read; answers how many were not. Ids sort by time."""
    statement = (
        update(Notification)
        .where(
            Notification.recipient_id == recipient_id,
            Notification.read_at.is_(None),
            Notification.id <= up_to,
        )
        .values(read_at=now, version=Notification.version + 1)
        .returning(Notification.id)
        .execution_options(synchronize_session=False)
    )
    return len(session.execute(statement).all())

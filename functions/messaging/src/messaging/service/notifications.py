"""Notifications: telling people once, and what they have read."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.orm import Session

from lodestar import clock
from lodestar.contracts import identity
from lodestar.db import expect_version
from lodestar.pagination import PageInfoRead, PageQuery, paginate
from lodestar.principal import Principal, Role
from lodestar.problems import NotFound
from messaging.models.notifications import Notification
from messaging.repository import notifications as repository
from messaging.rules.texts import Notice
from messaging.schemas.notifications import NotificationPage, NotificationRead, ReadMarkerRead

STAFF_ROLES = (Role.ORG_ADMIN, Role.ORG_STAFF)
ADMINISTRATOR_ROLES = (Role.ORG_ADMIN, Role.PLATFORM_ADMIN)


def notify(session: Session, recipient_id: UUID, notice: Notice) -> None:
    """Tell one person, once."""
    repository.add(session, [recipient_id], notice)


def notify_holders(session: Session, roles: Iterable[Role], notice: Notice) -> None:
    """Tell everybody in the organization who holds one of the roles, once each."""
    holders = [user_id for role in roles for user_id in identity.holders(session, role)]
    repository.add(session, holders, notice)


def list_notifications(
    session: Session, page: PageQuery, *, caller: Principal, unread: bool | None, type_: str | None
) -> NotificationPage:
    """The caller's own, newest first, with the count of the unread."""
    query = repository.notifications_of(caller.user_id, unread=unread, type_=type_)
    found = paginate(session, query, page, keys=(Notification.id,))
    return NotificationPage(
        data=[NotificationRead.model_validate(row) for row in found.data],
        page=PageInfoRead.model_validate(found.page),
        unread_count=repository.unread_count(session, caller.user_id),
    )


def mark(
    session: Session, *, caller: Principal, notification_id: UUID, read: bool, if_match: int | None
) -> Notification:
    """Mark one of the caller's notifications. Raises NotFound and StaleVersion."""
    notification = repository.notification_of(session, notification_id, recipient_id=caller.user_id)
    if notification is None:
        raise NotFound()
    expect_version(notification, if_match)
    if read != (notification.read_at is not None):
        notification.read_at = clock.now() if read else None
    session.flush()
    return notification


def move_read_marker(session: Session, *, caller: Principal, notification_id: UUID) -> ReadMarkerRead:
    """Everything up to this notification is read. Raises NotFound when it is not the caller's."""
    if repository.notification_of(session, notification_id, recipient_id=caller.user_id) is None:
        raise NotFound()
    marked = repository.mark_read(session, caller.user_id, up_to=notification_id, now=clock.now())
    return ReadMarkerRead(marked=marked, unread_count=repository.unread_count(session, caller.user_id))

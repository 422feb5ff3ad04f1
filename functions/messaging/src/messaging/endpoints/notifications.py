"""/v1/messaging/notifications - what the caller was told in the product."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from lodestar.api import (
    APIRouter,
    Caller,
    IfMatch,
    Paging,
    ReadSession,
    WriteSession,
    lambda_handler,
    problems,
)
from lodestar.problems import StaleVersion
from messaging.models.notifications import Notification
from messaging.schemas.notifications import (
    NotificationPage,
    NotificationPatch,
    NotificationRead,
    ReadMarkerPut,
    ReadMarkerRead,
)
from messaging.service import notifications as service

router = APIRouter(tags=["messaging"])


@router.get("/v1/messaging/notifications", summary="List my notifications", response_model=NotificationPage)
def list_notifications(
    caller: Caller,
    session: ReadSession,
    page: Paging,
    *,
    unread: bool | None = None,
    type_: Annotated[str | None, Query(alias="type", max_length=40)] = None,
) -> NotificationPage:
    """Newest first; `unread_count` counts all unread ones, whatever the filter."""
    return service.list_notifications(session, page, caller=caller, unread=unread, type_=type_)


@router.put(
    "/v1/messaging/notifications/read-marker",
    summary="Mark everything up to a notification as read",
    response_model=ReadMarkerRead,
)
def move_read_marker(body: ReadMarkerPut, caller: Caller, session: WriteSession) -> ReadMarkerRead:
    """What comes after it stays unread."""
    return service.move_read_marker(session, caller=caller, notification_id=body.notification_id)


@router.patch(
    "/v1/messaging/notifications/{notification_id}",
    summary="Mark a notification as read or unread",
    response_model=NotificationRead,
    responses=problems(StaleVersion),
)
def mark_notification(
    notification_id: UUID,
    body: NotificationPatch,
    caller: Caller,
    session: WriteSession,
    if_match: IfMatch,
) -> Notification:
    """Marking twice changes nothing more."""
    return service.mark(
        session, caller=caller, notification_id=notification_id, read=body.read, if_match=if_match
    )


handler = lambda_handler(router)

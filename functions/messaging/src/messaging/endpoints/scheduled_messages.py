"""/v1/messaging/scheduled-messages - what is going to be sent."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from lodestar.api import APIRouter, Paging, ReadSession, Staff, WriteSession, lambda_handler, problems
from lodestar.pagination import Page, PageOf
from lodestar.problems import NotFound
from messaging.errors import AlreadyReleased
from messaging.schemas.deliveries import ScheduledMessageRead, ScheduledState
from messaging.service import scheduled as service

router = APIRouter(tags=["messaging"])


@router.get(
    "/v1/messaging/scheduled-messages",
    summary="List scheduled messages",
    response_model=PageOf[ScheduledMessageRead],
    responses=problems(),
)
def list_scheduled_messages(
    _caller: Staff,
    session: ReadSession,
    page: Paging,
    *,
    state: ScheduledState | None = None,
    policy_key: Annotated[str | None, Query(max_length=60)] = None,
    recipient_id: UUID | None = None,
    anchor_id: UUID | None = None,
) -> Page[ScheduledMessageRead]:
    """By when they are sent, the latest first; those that will not be say why."""
    return service.list_messages(
        session, page, state=state, policy_key=policy_key, recipient_id=recipient_id, anchor_id=anchor_id
    )


@router.delete(
    "/v1/messaging/scheduled-messages/{scheduled_message_id}",
    summary="Cancel a scheduled message",
    status_code=204,
    responses=problems(NotFound, AlreadyReleased),
)
def cancel_scheduled_message(scheduled_message_id: UUID, _caller: Staff, session: WriteSession) -> None:
    """It stays on the list, as cancelled. What was released cannot be taken back."""
    service.cancel(session, scheduled_message_id)


handler = lambda_handler(router)

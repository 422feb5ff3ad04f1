"""/v1/messaging/deliveries - what was sent, or not, and why."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from lodestar.api import APIRouter, Caller, Paging, ReadSession, lambda_handler, problems
from lodestar.contracts.messaging import Channel
from lodestar.pagination import Page, PageOf
from lodestar.problems import NotFound
from messaging.models.deliveries import Delivery
from messaging.schemas.deliveries import DeliveryRead, DeliveryState, ExplanationRead
from messaging.service import explanations as service

router = APIRouter(tags=["messaging"])


@router.get(
    "/v1/messaging/deliveries",
    summary="List deliveries",
    response_model=PageOf[DeliveryRead],
    responses=problems(),
)
def list_deliveries(
    caller: Caller,
    session: ReadSession,
    page: Paging,
    *,
    state: DeliveryState | None = None,
    channel: Channel | None = None,
    template_key: Annotated[str | None, Query(max_length=60)] = None,
    recipient_id: UUID | None = None,
    batch_id: UUID | None = None,
    scheduled_message_id: UUID | None = None,
) -> Page[Delivery]:
    """Staff: the organization's. Others: what went to them. Newest first."""
    return service.list_deliveries(
        session,
        page,
        caller=caller,
        state=state,
        channel=channel.value if channel else None,
        template_key=template_key,
        recipient_id=recipient_id,
        batch_id=batch_id,
        scheduled_message_id=scheduled_message_id,
    )


@router.get(
    "/v1/messaging/deliveries/{delivery_id}",
    summary="Read a delivery",
    response_model=DeliveryRead,
    responses=problems(NotFound),
)
def read_delivery(delivery_id: UUID, caller: Caller, session: ReadSession) -> Delivery:
    """How far it has come."""
    return service.delivery_of(session, delivery_id, caller=caller)


@router.get(
    "/v1/messaging/deliveries/{delivery_id}/explanation",
    summary="Explain a delivery",
    response_model=ExplanationRead,
    responses=problems(NotFound),
)
def explain_delivery(delivery_id: UUID, caller: Caller, session: ReadSession) -> ExplanationRead:
    """Why it was sent, waits, or was not sent, in words and in the recipient's time."""
    return service.explain(session, delivery_id, caller=caller)


handler = lambda_handler(router)

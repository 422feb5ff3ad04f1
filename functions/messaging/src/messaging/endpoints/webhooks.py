"""/v1/messaging/webhooks - where vendors tell what became of messages."""

from typing import Annotated

from fastapi import Depends, Request

from lodestar.api import APIRouter, PublicUnitOfWork, lambda_handler, problems
from lodestar.problems import Unavailable
from messaging.errors import WebhookRefused, WebhookTooLarge
from messaging.schemas.webhooks import AISENSY_BODY, BOLNA_BODY, SENDGRID_BODY
from messaging.service import webhooks as service

router = APIRouter(tags=["messaging"])
ANSWERS = problems(WebhookRefused, WebhookTooLarge, Unavailable)


async def _raw(request: Request) -> bytes:
    return await request.body()


RawBody = Annotated[bytes, Depends(_raw)]
"""As it came: a signature covers bytes, not what they mean."""


@router.post(
    "/v1/messaging/webhooks/sendgrid",
    summary="Take SendGrid's events of e-mails",
    status_code=204,
    responses=ANSWERS,
    openapi_extra=SENDGRID_BODY,
)
def receive_sendgrid(request: Request, body: RawBody, work: PublicUnitOfWork) -> None:
    """SendGrid's Event Webhook, signed (ECDSA). Answers once the events are kept; they are read afterwards."""
    service.receive(work, "sendgrid", headers=request.headers, body=body)


@router.post(
    "/v1/messaging/webhooks/aisensy",
    summary="Take AiSensy's events of WhatsApp messages",
    status_code=204,
    responses=ANSWERS,
    openapi_extra=AISENSY_BODY,
)
def receive_aisensy(request: Request, body: RawBody, work: PublicUnitOfWork) -> None:
    """AiSensy's notifications, signed (HMAC-SHA256): what became of messages, and what people answered."""
    service.receive(work, "aisensy", headers=request.headers, body=body)


@router.post(
    "/v1/messaging/webhooks/bolna",
    summary="Take Bolna's events of calls",
    status_code=204,
    responses=ANSWERS,
    openapi_extra=BOLNA_BODY,
)
def receive_bolna(request: Request, body: RawBody, work: PublicUnitOfWork) -> None:
    """Bolna signs nothing, so nothing of the body is believed: it makes us ask Bolna about the call."""
    service.receive(work, "bolna", headers=request.headers, body=body)


handler = lambda_handler(router)

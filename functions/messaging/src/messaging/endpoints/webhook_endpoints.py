"""/v1/messaging/webhook-endpoints - where the organization's own systems are told of events."""

from typing import Literal
from uuid import UUID

from fastapi import Response

from lodestar.api import (
    Administrator,
    APIRouter,
    IfMatch,
    Paging,
    ReadSession,
    WriteSession,
    lambda_handler,
    problems,
)
from lodestar.pagination import Page, PageOf, paginate
from lodestar.problems import StaleVersion
from messaging.errors import (
    EndpointDisabled,
    EndpointExists,
    SecretJustRotated,
    TooManyEndpoints,
    UrlNotAllowed,
)
from messaging.models.webhooks import WebhookDelivery, WebhookEndpoint
from messaging.repository import outbound as repository
from messaging.schemas.webhook_endpoints import (
    RedeliveryCreate,
    RedeliveryRead,
    WebhookDeliveryRead,
    WebhookEndpointCreate,
    WebhookEndpointCreated,
    WebhookEndpointPatch,
    WebhookEndpointRead,
    WebhookSecretRead,
)
from messaging.service import webhook_endpoints as service

router = APIRouter(tags=["messaging"])
ENDPOINTS = "/v1/messaging/webhook-endpoints"


@router.get(ENDPOINTS, summary="List webhook endpoints", response_model=PageOf[WebhookEndpointRead])
def list_endpoints(_caller: Administrator, session: ReadSession, page: Paging) -> Page[WebhookEndpoint]:
    """Newest first."""
    return paginate(session, repository.endpoints(), page, keys=(WebhookEndpoint.id,))


@router.post(
    ENDPOINTS,
    summary="Have events posted to an address",
    status_code=201,
    response_model=WebhookEndpointCreated,
    responses=problems(UrlNotAllowed, EndpointExists, TooManyEndpoints),
)
def create_endpoint(
    body: WebhookEndpointCreate, caller: Administrator, session: WriteSession, response: Response
) -> WebhookEndpointCreated:
    """Answers the secret with which a receiver verifies them, once. See docs/guides/webhooks.md."""
    endpoint, secret = service.create(session, body, caller=caller)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Location"] = f"{ENDPOINTS}/{endpoint.id}"
    read = WebhookEndpointRead.model_validate(endpoint)
    return WebhookEndpointCreated(**read.model_dump(), secret=secret)


@router.get(
    "/v1/messaging/webhook-endpoints/{endpoint_id}",
    summary="Read a webhook endpoint",
    response_model=WebhookEndpointRead,
)
def read_endpoint(endpoint_id: UUID, _caller: Administrator, session: ReadSession) -> WebhookEndpoint:
    """Without its secret."""
    return service.endpoint_of(session, endpoint_id)


@router.patch(
    "/v1/messaging/webhook-endpoints/{endpoint_id}",
    summary="Change a webhook endpoint",
    response_model=WebhookEndpointRead,
    responses=problems(StaleVersion),
)
def change_endpoint(
    endpoint_id: UUID,
    body: WebhookEndpointPatch,
    _caller: Administrator,
    session: WriteSession,
    if_match: IfMatch,
) -> WebhookEndpoint:
    """What it missed while it was disabled is sent by a redelivery."""
    return service.change(session, endpoint_id, body, if_match=if_match)


@router.delete(
    "/v1/messaging/webhook-endpoints/{endpoint_id}", summary="Delete a webhook endpoint", status_code=204
)
def delete_endpoint(endpoint_id: UUID, _caller: Administrator, session: WriteSession) -> None:
    """Nothing more is posted there."""
    service.delete(session, endpoint_id)


@router.post(
    "/v1/messaging/webhook-endpoints/{endpoint_id}/secrets",
    summary="Give a webhook endpoint a new secret",
    status_code=201,
    response_model=WebhookSecretRead,
    responses=problems(SecretJustRotated),
)
def rotate_secret(
    endpoint_id: UUID, _caller: Administrator, session: WriteSession, response: Response
) -> WebhookSecretRead:
    """For a day messages carry a signature of each, so that no receiver misses any. Rotating again within that day ends
    the secret before the former one."""
    secret, former_until = service.rotate(session, endpoint_id)
    response.headers["Cache-Control"] = "no-store"
    return WebhookSecretRead(secret=secret, former_until=former_until)


@router.get(
    "/v1/messaging/webhook-endpoints/{endpoint_id}/deliveries",
    summary="List what was posted to a webhook endpoint",
    response_model=PageOf[WebhookDeliveryRead],
)
def list_deliveries(
    endpoint_id: UUID,
    _caller: Administrator,
    session: ReadSession,
    page: Paging,
    *,
    state: Literal["pending", "delivered", "failed"] | None = None,
) -> Page[WebhookDelivery]:
    """Newest first, with how the last attempt ended."""
    found = service.deliveries(session, endpoint_id, state=state)
    return paginate(session, found, page, keys=(WebhookDelivery.id,))


@router.post(
    "/v1/messaging/webhook-endpoints/{endpoint_id}/redeliveries",
    summary="Post events to a webhook endpoint again",
    response_model=RedeliveryRead,
    responses=problems(EndpointDisabled),
)
def redeliver(
    endpoint_id: UUID, body: RedeliveryCreate, _caller: Administrator, session: WriteSession
) -> RedeliveryRead:
    """Under their own ids, so that a receiver that has had one knows it."""
    return RedeliveryRead(count=service.redeliver(session, endpoint_id, body))


handler = lambda_handler(router)

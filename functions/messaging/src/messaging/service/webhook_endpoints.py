"""Webhook endpoints: where an organization wants to be told of what."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.orm import Session

from lodestar import audit, clock, outbound
from lodestar.db import expect_version
from lodestar.ids import new_id
from lodestar.outbound import UrlRefused
from lodestar.principal import Principal
from lodestar.problems import NotFound
from messaging.errors import (
    EndpointDisabled,
    EndpointExists,
    SecretJustRotated,
    TooManyEndpoints,
    UrlNotAllowed,
)
from messaging.models.webhooks import WebhookEndpoint
from messaging.repository import outbound as repository
from messaging.rules import outbound as rules
from messaging.schemas.webhook_endpoints import RedeliveryCreate, WebhookEndpointCreate, WebhookEndpointPatch
from messaging.service import outbound as sending

MOST_ENDPOINTS = 20


def create(
    session: Session, body: WebhookEndpointCreate, *, caller: Principal
) -> tuple[WebhookEndpoint, str]:
    """A new endpoint and its secret. Raises UrlNotAllowed, EndpointExists and TooManyEndpoints."""
    try:
        url = outbound.address(body.url).url
    except UrlRefused as error:
        raise UrlNotAllowed(str(error)) from error
    if repository.count_endpoints(session) >= MOST_ENDPOINTS:
        raise TooManyEndpoints()
    if repository.endpoint_at(session, url) is not None:
        raise EndpointExists()
    endpoint = WebhookEndpoint(
        id=new_id(),
        url=url,
        description=body.description,
        event_types=sorted(set(body.event_types)),
        created_by=caller.user_id,
    )
    session.add(endpoint)
    session.flush()
    _record(session, endpoint, "created")
    return endpoint, rules.shown(sending.secret(endpoint))


def endpoint_of(session: Session, endpoint_id: UUID, *, lock: bool = False) -> WebhookEndpoint:
    """Raises NotFound."""
    endpoint = repository.endpoint_of(session, endpoint_id, lock=lock)
    if endpoint is None:
        raise NotFound()
    return endpoint


def change(
    session: Session, endpoint_id: UUID, body: WebhookEndpointPatch, *, if_match: int | None
) -> WebhookEndpoint:
    """Raises NotFound and StaleVersion."""
    endpoint = endpoint_of(session, endpoint_id, lock=True)
    expect_version(endpoint, if_match)
    if body.event_types is not None:
        endpoint.event_types = sorted(set(body.event_types))
    if body.description is not None:
        endpoint.description = body.description
    if body.state is not None and body.state != endpoint.state:
        endpoint.state = body.state
        endpoint.disabled_reason = "Disabled by an administrator." if body.state == "disabled" else None
    session.flush()
    _record(session, endpoint, "changed")
    return endpoint


def delete(session: Session, endpoint_id: UUID) -> None:
    """What it was sent stays on record; what is on its way is not sent. Raises NotFound."""
    endpoint = endpoint_of(session, endpoint_id, lock=True)
    endpoint.deleted_at = clock.now()
    repository.give_up(session, endpoint_id, reason="The endpoint was deleted.")
    _record(session, endpoint, "deleted")


def rotate(session: Session, endpoint_id: UUID) -> tuple[str, datetime]:
    """A new secret, and until when the former one signs as well. Raises NotFound, and SecretJustRotated for the second
    click: it would end the secret that its receiver has."""
    endpoint = endpoint_of(session, endpoint_id, lock=True)
    if rules.is_just_rotated(endpoint.secret_rotated_at, now=clock.now()):
        raise SecretJustRotated()
    endpoint.secret_generation += 1
    endpoint.secret_rotated_at = clock.now()
    session.flush()
    _record(session, endpoint, "secret_rotated")
    return rules.shown(sending.secret(endpoint)), endpoint.secret_rotated_at + rules.TWO_SECRETS


def deliveries(session: Session, endpoint_id: UUID, *, state: str | None) -> Select[Any]:
    """Raises NotFound."""
    return repository.deliveries_of(endpoint_of(session, endpoint_id).id, state=state)


def redeliver(session: Session, endpoint_id: UUID, body: RedeliveryCreate) -> int:
    """Send deliveries again, under their own ids; how many. Raises NotFound and EndpointDisabled."""
    endpoint = endpoint_of(session, endpoint_id, lock=True)
    if endpoint.state != "active":
        raise EndpointDisabled()
    chosen = repository.again(
        session,
        endpoint_id,
        delivery_ids=body.delivery_ids,
        since=body.failed_since,
        now=clock.now(),
    )
    if len(chosen) < len(set(body.delivery_ids or ())):
        raise NotFound("Some of these deliveries are not of this endpoint.")
    sending.tell(session, chosen)
    return len(chosen)


def _record(session: Session, endpoint: WebhookEndpoint, what: str) -> None:
    after = {"url": endpoint.url, "event_types": endpoint.event_types, "state": endpoint.state}
    audit.record(
        session,
        f"webhook_endpoint.{what}",
        subject_type="webhook_endpoint",
        subject_id=endpoint.id,
        after=after,
    )

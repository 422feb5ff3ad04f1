"""Queries of webhook endpoints, and of the events on their way to them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, any_, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lodestar.ids import new_id
from messaging.models.webhooks import WebhookDelivery, WebhookEndpoint


def endpoints() -> Select[WebhookEndpoint]:
    """The organization's."""
    return select(WebhookEndpoint).where(WebhookEndpoint.deleted_at.is_(None))


def endpoint_of(session: Session, endpoint_id: UUID, *, lock: bool = False) -> WebhookEndpoint | None:
    """One endpoint; with `lock`, for a change."""
    query = endpoints().where(WebhookEndpoint.id == endpoint_id)
    return session.scalar(query.with_for_update() if lock else query)


def endpoint_at(session: Session, url: str) -> WebhookEndpoint | None:
    """The endpoint of this address."""
    return session.scalar(endpoints().where(WebhookEndpoint.url == url))


def count_endpoints(session: Session) -> int:
    """How many there are. Those who add one wait for each other until they commit."""
    lock = "SELECT pg_advisory_xact_lock(hashtextextended(backbone.current_org()::text || 'webhook endpoints', 0))"
    session.execute(text(lock))
    return session.scalar(select(func.count()).select_from(endpoints().subquery())) or 0


def wanting(session: Session, event_type: str) -> Sequence[UUID]:
    """The active endpoints that want events of this type."""
    query = select(WebhookEndpoint.id).where(
        literal(event_type) == any_(WebhookEndpoint.event_types),
        WebhookEndpoint.state == "active",
        WebhookEndpoint.deleted_at.is_(None),
    )
    return session.scalars(query).all()


def add(
    session: Session,
    endpoint_ids: Iterable[UUID],
    *,
    event_id: UUID,
    event_type: str,
    payload: dict[str, Any],
    next_at: datetime,
) -> Sequence[UUID]:
    """Put an event on its way to these endpoints, once each; the ids of the new deliveries."""
    rows = [
        {
            "id": new_id(), "endpoint_id": endpoint_id, "event_id": event_id, "event_type": event_type,
            "payload": payload, "next_at": next_at,
        }
        for endpoint_id in endpoint_ids
    ]  # fmt: skip
    made = insert(WebhookDelivery).values(rows)
    made = made.on_conflict_do_nothing(index_elements=["org_id", "endpoint_id", "event_id"])
    return session.scalars(made.returning(WebhookDelivery.id)).all()


def deliveries_of(endpoint_id: UUID, *, state: str | None) -> Select[Any]:
    """An endpoint's deliveries, filtered."""
    query = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id)
    return query.where(WebhookDelivery.state == state) if state else query


def claim(session: Session, delivery_id: UUID, *, now: datetime, until: datetime) -> WebhookDelivery | None:
    """A delivery that is due, for one sender until `until`; None when there is nothing to do."""
    query = select(WebhookDelivery).where(
        WebhookDelivery.id == delivery_id, WebhookDelivery.state == "pending", WebhookDelivery.next_at <= now
    )
    delivery = session.scalar(query.with_for_update(skip_locked=True))
    if delivery is not None:
        delivery.attempts += 1
        delivery.next_at = delivery.claimed_until = until
    return delivery


def delivery_for_update(session: Session, delivery_id: UUID) -> WebhookDelivery:
    """A delivery that is there, locked."""
    query = select(WebhookDelivery).where(WebhookDelivery.id == delivery_id)
    return session.scalars(query.with_for_update()).one()


def due(session: Session, *, now: datetime, most: int) -> Sequence[UUID]:
    """Deliveries that are due, the longest waiting first."""
    chosen = (
        select(WebhookDelivery.id)
        .where(WebhookDelivery.state == "pending", WebhookDelivery.next_at <= now)
        .order_by(WebhookDelivery.next_at, WebhookDelivery.id)
        .limit(most)
    )
    return session.scalars(chosen).all()


def again(
    session: Session,
    endpoint_id: UUID,
    *,
    delivery_ids: Sequence[UUID] | None,
    since: datetime | None,
    now: datetime,
) -> Sequence[UUID]:
    """Have deliveries sent once more: these, or the failed ones that were made since then."""
    change = update(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id)
    if delivery_ids is not None:
        change = change.where(WebhookDelivery.id.in_(delivery_ids))
    else:
        change = change.where(WebhookDelivery.state == "failed", WebhookDelivery.created_at >= since)
    values = {
        "state": "pending", "attempts": 0, "next_at": now, "claimed_until": None, "last_error": None,
        "version": WebhookDelivery.version + 1, "updated_at": func.now(),
    }  # fmt: skip
    return session.scalars(change.values(**values).returning(WebhookDelivery.id)).all()


def give_up(session: Session, endpoint_id: UUID, *, reason: str) -> None:
    """What is still on its way to an endpoint that takes nothing any more."""
    waiting = (WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.state == "pending")
    session.execute(
        update(WebhookDelivery)
        .where(*waiting)
        .values(state="failed", last_error=reason, version=WebhookDelivery.version + 1, updated_at=func.now())
    )

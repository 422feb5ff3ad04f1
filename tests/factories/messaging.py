"""Moments, and what follows from them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from lodestar import clock
from lodestar.contracts.messaging import AnchorSet, Category, Channel, MessageRequested, Recipient
from lodestar.db import work_for
from lodestar.events import Event, emit
from lodestar.ids import new_id
from messaging.schedules import release_due
from tests import bus, gateway
from tests.gateway import Person


def tell(org_id: UUID, event: Event, *, again: bool = False) -> None:
    """It happens, and every reaction hears of it, and of what follows."""
    with work_for(org_id) as session:
        emit(session, event)
    bus.deliver(org_id, again=again)


def an_anchor(
    org_id: UUID,
    recipients: Sequence[Recipient],
    *,
    at: datetime,
    kind: str = "class_session",
    subject_id: UUID | None = None,
    time_zone: str = "Europe/Berlin",
    **variables: Any,
) -> UUID:
    """A moment is set; the emitter's id of it."""
    subject = subject_id or new_id()
    usual = {"title": "Systems design", "join_url": "https://example.org/join/1"}
    event = AnchorSet(
        kind=kind,
        subject_id=subject,
        at=at,
        time_zone=time_zone,
        recipients=tuple(recipients),
        variables={**usual, **variables},
    )
    tell(org_id, event)
    return subject


def a_message(org_id: UUID, *recipients: Recipient, **changes: Any) -> None:
    """Somebody's domain asks for a message; usually the e-mail about an export."""
    usual: dict[str, Any] = {
        "template_key": "export-ready",
        "category": Category.TRANSACTIONAL,
        "channels": (Channel.EMAIL,),
        "variables": {"request_url": "https://example.org/privacy/1", "expires_on": "2026-03-09"},
        "dedupe_key": str(new_id()),
    }
    tell(org_id, MessageRequested(**{**usual, "recipients": recipients, **changes}))


def in_future(**span: int) -> datetime:
    """So long from now, in whole seconds."""
    return clock.now().replace(microsecond=0) + timedelta(**span)


def sweep(org_id: UUID) -> None:
    """The minute comes round."""
    release_due.handler({}, None)
    bus.deliver(org_id)


def deliveries(staff: Person, query: str = "") -> list[dict[str, Any]]:
    """As staff sees them, the newest first."""
    found: list[dict[str, Any]] = gateway.get(f"/v1/messaging/deliveries?limit=100{query}", as_=staff).expect(
        200
    )["data"]
    return found


def scheduled(staff: Person, query: str = "") -> list[dict[str, Any]]:
    """As staff sees them, the latest first."""
    url = f"/v1/messaging/scheduled-messages?limit=100{query}"
    found: list[dict[str, Any]] = gateway.get(url, as_=staff).expect(200)["data"]
    return found


def explanation(staff: Person, delivery: dict[str, Any]) -> dict[str, Any]:
    """Why it went as it did."""
    url = f"/v1/messaging/deliveries/{delivery['id']}/explanation"
    found: dict[str, Any] = gateway.get(url, as_=staff).expect(200)
    return found

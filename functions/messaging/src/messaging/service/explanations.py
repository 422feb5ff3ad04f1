"""Deliveries and why they went as they did, in words."""

from typing import Any, cast
from uuid import UUID

from sqlalchemy.orm import Session

from lodestar import clock
from lodestar.contracts.messaging import Channel
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.principal import Principal
from lodestar.problems import NotFound
from messaging.models.deliveries import Delivery, DeliveryEvent
from messaging.repository import deliveries as repository
from messaging.rules.sending import decide, local
from messaging.schemas.deliveries import CheckRead, DeliveryState, ExplanationRead, HappeningRead
from messaging.service.facts import gather
from messaging.service.settling import as_rows

SUMMARIES = {
    "queued": "It waits to be sent.",
    "sending": "It is being handed to the vendor right now.",
    "sent": "The vendor took it; no word of its arrival has come yet.",
    "delivered": "It arrived.",
    "read": "It was read.",
    "replied": "The recipient answered.",
}
CALL_SUMMARIES = SUMMARIES | {
    "sent": "The vendor took the call; no word of its end has come yet.",
    "delivered": "Somebody answered the call.",
}


def list_deliveries(session: Session, page: PageQuery, *, caller: Principal, **wanted: Any) -> Page[Delivery]:
    """Staff: all; anybody else: what went to them. Newest first."""
    query = repository.matching(**wanted)
    own = query if caller.is_staff else query.where(Delivery.recipient_id == caller.user_id)
    return paginate(session, own, page, keys=(Delivery.id,))


def delivery_of(session: Session, delivery_id: UUID, *, caller: Principal) -> Delivery:
    """Raises NotFound, also for somebody else's."""
    own = None if caller.is_staff else caller.user_id
    found = repository.delivery_of(session, delivery_id, recipient_id=own)
    if found is None:
        raise NotFound()
    return found


def explain(session: Session, delivery_id: UUID, *, caller: Principal) -> ExplanationRead:
    """The rules that decided, in their order, and all that happened. Before a decision: what it would be now."""
    delivery = delivery_of(session, delivery_id, caller=caller)
    (gathered,) = gather(session, [delivery], now=clock.now())
    zone = gathered.facts.zone
    events = repository.events_of(session, delivery.id)
    decided = [event.detail["verdicts"] for event in events if event.detail.get("verdicts")]
    checks = decided[-1] if decided else as_rows(decide(gathered.facts))
    summaries = CALL_SUMMARIES if delivery.channel == Channel.VOICE else SUMMARIES
    return ExplanationRead(
        delivery_id=delivery.id,
        state=cast("DeliveryState", delivery.state),
        reason=delivery.reason,
        summary=delivery.detail or summaries.get(delivery.state, "It was not sent."),
        time_zone=zone.key,
        is_forecast=not decided,
        checks=[CheckRead(**check) for check in checks],
        history=[_happening(event, lambda moment: local(moment, zone)) for event in events],
    )


def _happening(event: DeliveryEvent, clock_of: Any) -> HappeningRead:
    detail = {name: value for name, value in event.detail.items() if name != "verdicts" and value is not None}
    return HappeningRead(
        occurred_at=event.occurred_at,
        local_time=clock_of(event.occurred_at),
        kind=event.kind,
        vendor=event.vendor,
        words=detail.pop("words", None),
        detail=detail,
    )

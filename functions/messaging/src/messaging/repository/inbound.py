"""Queries of what vendors told: kept once, matched to deliveries across organizations, applied once an event."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lodestar.adapters.webhooks import VendorEvent
from messaging.models.deliveries import Delivery, DeliveryEvent
from messaging.models.inbound import InboundEvent
from messaging.models.suppressions import WhatsAppWindow

WAITING = ("received", "failed")
# In the order of what is surest: our own reference, the vendor's name of the message, the number that wrote.
MATCH = text(
    """
    SELECT t.nth, coalesce(r.org_id, v.org_id, p.org_id) AS org_id, coalesce(r.id, v.id, p.id) AS id
    FROM jsonb_to_recordset(CAST(:told AS jsonb))
      AS t(nth integer, reference uuid, vendor text, message text, phone text)
    LEFT JOIN LATERAL messaging.delivery_of_reference(t.reference) AS r ON t.reference IS NOT NULL
    LEFT JOIN LATERAL messaging.delivery_of_vendor(t.vendor, t.message) AS v
      ON r.id IS NULL AND t.message IS NOT NULL
    LEFT JOIN LATERAL messaging.delivery_of_phone(t.phone) AS p
      ON r.id IS NULL AND v.id IS NULL AND t.phone IS NOT NULL
    WHERE coalesce(r.id, v.id, p.id) IS NOT NULL
    """
)


@dataclass(frozen=True, slots=True)
class Matched:
    """An event, and the delivery that it is about."""

    org_id: UUID
    delivery_id: UUID
    event: VendorEvent


def keep(
    session: Session, *, vendor: str, event_key: str, body: bytes, headers: Mapping[str, str]
) -> UUID | None:
    """Keep a call for good; its id, or None when it was kept before."""
    statement = insert(InboundEvent).values(
        vendor=vendor, event_key=event_key, body=body, headers=dict(headers)
    )
    made = statement.on_conflict_do_nothing(index_elements=["vendor", "event_key"])
    return session.scalar(made.returning(InboundEvent.id))


def waiting(session: Session, inbound_id: UUID, *, lock: bool = False) -> InboundEvent | None:
    """A call that is not read to its end yet; None of one that is. With `lock`, until the commit."""
    query = select(InboundEvent).where(InboundEvent.id == inbound_id, InboundEvent.state.in_(WAITING))
    return session.scalar(query.with_for_update() if lock else query)


def overdue(session: Session, *, before: datetime, most: int) -> Sequence[UUID]:
    """Calls that came before that moment and wait, the oldest first."""
    query = select(InboundEvent.id).where(InboundEvent.state.in_(WAITING), InboundEvent.created_at < before)
    return session.scalars(query.order_by(InboundEvent.created_at).limit(most)).all()


def match(session: Session, told: Sequence[VendorEvent]) -> list[Matched]:
    """Those of the events that are about a delivery of ours, of whichever organization; in their order."""
    rows = [
        {
            "nth": nth,
            "reference": str(event.reference) if event.reference else None,
            "vendor": event.vendor,
            "message": event.vendor_message_id if event.reference is None else None,
            "phone": event.address if event.kind == "replied" else None,
        }
        for nth, event in enumerate(told)
    ]
    found = session.execute(MATCH, {"told": json.dumps(rows)}).all()
    return [Matched(row.org_id, row.id, told[row.nth]) for row in sorted(found, key=lambda row: row.nth)]


def locked(session: Session, delivery_ids: Iterable[UUID]) -> Sequence[Delivery]:
    """Deliveries, by id, locked in that order."""
    query = select(Delivery).where(Delivery.id.in_(set(delivery_ids))).order_by(Delivery.id)
    return session.scalars(query.with_for_update()).all()


def add_new(session: Session, matched: Sequence[Matched]) -> set[tuple[UUID, str]]:
    """Keep the events; the delivery and vendor's id of each that had not been told before."""
    rows: list[dict[str, Any]] = [
        {
            "delivery_id": one.delivery_id,
            "kind": one.event.kind,
            "occurred_at": one.event.occurred_at,
            "vendor": one.event.vendor,
            "vendor_event_id": one.event.vendor_event_id,
            "detail": dict(one.event.detail),
        }
        for one in matched
    ]
    statement = insert(DeliveryEvent).values(rows)
    made = statement.on_conflict_do_nothing(index_elements=["org_id", "vendor", "vendor_event_id"])
    found = session.execute(made.returning(DeliveryEvent.delivery_id, DeliveryEvent.vendor_event_id))
    return {(row.delivery_id, str(row.vendor_event_id)) for row in found}


def open_window(session: Session, address: str, *, at: datetime) -> None:
    """This number wrote at that moment, unless it wrote later."""
    statement = insert(WhatsAppWindow).values(address=address, last_inbound_at=at)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["org_id", "address"],
            set_={"last_inbound_at": at},
            where=WhatsAppWindow.last_inbound_at < at,
        )
    )

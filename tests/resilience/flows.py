"""What each of messaging's reactions is for: messages that each have one effect, and how many effects there are."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text

from lodestar import operations
from lodestar.contracts.learning import StarAwarded
from lodestar.contracts.messaging import (
    AnchorCancelled,
    AnchorMoved,
    AnchorSet,
    BatchContinued,
    DeliveriesQueued,
    InboundReceived,
    MessageRequested,
    WebhooksQueued,
)
from lodestar.db import work_for
from lodestar.events import Event
from lodestar.ids import new_id
from lodestar.principal import NOBODY
from messaging.models.batches import MessageBatch
from messaging.models.deliveries import Delivery
from messaging.models.inbound import InboundEvent
from messaging.models.webhooks import WebhookDelivery, WebhookEndpoint
from messaging.reactions import (
    anchor_cancelled,
    anchor_moved,
    anchor_set,
    batch_continued,
    deliveries_queued,
    email_events,
    inbound_received,
    message_requested,
    outbound_events,
    outbound_queued,
)
from messaging.service import anchors, batches, enqueueing, inbound, outbound, sending, webhooks
from tests.factories.identity import a_person
from tests.messaging.telling import email_event, sent_deliveries, ses_event
from tests.resilience.letters import Handler

AT = datetime(2030, 3, 4, 14, 0, tzinfo=UTC)
NOW = datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True)
class Where:
    """The organization, and the address of its own system."""

    org_id: UUID
    url: str


Message = dict[str, Any]
"""`{"name", **detail}` of an event of ours; what AWS tells has no `data`."""


@dataclass(frozen=True)
class Flow:
    """A reaction. `make` gives so many messages, and `count` how many of them had their effect; `step` is the use
    case that does it, as `(module, name)`, where a bug can be."""

    name: str
    handler: Handler
    make: Callable[[Where, int], list[Message]]
    count: Callable[[Where], int]
    step: tuple[Any, str]
    is_typed: bool = True

    def __str__(self) -> str:
        return self.name


def told(org_id: UUID, event: Event) -> Message:
    detail = {
        "event_id": str(new_id()), "org_id": str(org_id), "version": event.version, "correlation_id": str(new_id()),
        "occurred_at": NOW.isoformat(), "data": event.model_dump(mode="json"),
    }  # fmt: skip
    return {"name": event.name, **detail}


def rows(query: str) -> Callable[[Where], int]:
    """How many the organization has, by this query."""

    def count(where: Where) -> int:
        with work_for(where.org_id) as session:
            return int(session.scalar(text(query)) or 0)

    return count


def _set(where: Where, many: int) -> list[AnchorSet]:
    return [
        AnchorSet(kind="class_session", subject_id=new_id(), at=AT, time_zone="UTC", told_at=NOW,
                  recipients=({"email": f"{new_id()}@example.org", "name": "Ada"},), variables={"title": "Design"})
        for _ in range(many)
    ]  # fmt: skip


def _anchors(where: Where, many: int) -> list[Message]:
    return [told(where.org_id, event) for event in _set(where, many)]


def _were_set(where: Where, many: int) -> list[AnchorSet]:
    made = _set(where, many)
    with work_for(where.org_id) as session:
        for event in made:
            anchors.set_(session, event)
    return made


def _moves(where: Where, many: int) -> list[Message]:
    later = {"at": AT + timedelta(days=1), "time_zone": "UTC", "told_at": NOW + timedelta(seconds=1)}
    return [
        told(where.org_id, AnchorMoved(kind=one.kind, subject_id=one.subject_id, **later))
        for one in _were_set(where, many)
    ]


def _cancellations(where: Where, many: int) -> list[Message]:
    why = {"reason": "ill", "told_at": NOW + timedelta(seconds=1)}
    return [
        told(where.org_id, AnchorCancelled(kind=one.kind, subject_id=one.subject_id, **why))
        for one in _were_set(where, many)
    ]


def _requests(where: Where, many: int) -> list[Message]:
    return [
        told(where.org_id, MessageRequested(
            template_key="export-ready", category="transactional", channels=("email",), dedupe_key=str(new_id()),
            recipients=({"email": f"{new_id()}@example.org"},),
        ))
        for _ in range(many)
    ]  # fmt: skip


def _waiting(where: Where, many: int) -> list[Message]:
    made = [
        {
            "id": new_id(), "channel": "email", "category": "transactional", "template_key": "export-ready",
            "dedupe_key": str(nth), "address": f"{new_id()}@example.org", "name": "Ada", "state": "queued",
            "variables": {"request_url": "https://example.org/privacy/1", "expires_on": "2026-03-09"},
        }
        for nth in range(many)
    ]  # fmt: skip
    with work_for(where.org_id) as session:
        session.execute(insert(Delivery).values(made))
    return [told(where.org_id, DeliveriesQueued(delivery_ids=(row["id"],))) for row in made]


def _calls(where: Where, many: int) -> list[Message]:
    kept = []
    for delivery_id in sent_deliveries(where.org_id, "email", many):
        body = json.dumps([email_event(delivery_id, "delivered", at=NOW)]).encode()
        kept.append({"id": new_id(), "vendor": "sendgrid", "event_key": str(delivery_id), "body": body})
    with work_for(NOBODY) as session:
        session.execute(insert(InboundEvent).values(kept))
    return [told(NOBODY, InboundReceived(inbound_id=row["id"])) for row in kept]


def _endpoint(where: Where) -> UUID:
    row = {"id": new_id(), "url": where.url, "event_types": [StarAwarded.name]}
    with work_for(where.org_id) as session:
        session.execute(insert(WebhookEndpoint).values(row))
    return row["id"]  # type: ignore[return-value]


def _stars(where: Where, many: int) -> list[Message]:
    _endpoint(where)
    ids = {"enrollment_id": new_id(), "program_id": new_id(), "learner_id": new_id()}
    star = StarAwarded(**ids, star=2, tier=None, by_override=False)
    return [told(where.org_id, star) for _ in range(many)]


def _posts(where: Where, many: int) -> list[Message]:
    endpoint_id = _endpoint(where)
    made = [
        {
            "id": new_id(), "endpoint_id": endpoint_id, "event_id": new_id(), "event_type": StarAwarded.name,
            "payload": {"type": StarAwarded.name, "data": {"star": 2}},
        }
        for _ in range(many)
    ]  # fmt: skip
    with work_for(where.org_id) as session:
        session.execute(insert(WebhookDelivery).values(made))
    return [told(where.org_id, WebhooksQueued(delivery_ids=(row["id"],))) for row in made]


def _batches(where: Where, many: int) -> list[Message]:
    person = a_person(where.org_id)
    made = []
    with work_for(where.org_id) as session:
        for nth in range(many):
            batch_id = new_id()
            operation_id = operations.begin(
                session, "batch", subject_type="message_batch", subject_id=batch_id
            )
            made.append(
                {
                    "id": batch_id, "channel": "email", "category": "marketing", "template_key": "import-day-1",
                    "segment": {"user_ids": [str(person.user_id)]}, "operation_id": operation_id,
                    "variables": {"program_title": f"Program {nth}", "action_url": "https://example.org/apply"},
                }
            )  # fmt: skip
        session.execute(insert(MessageBatch).values(made))
    return [told(where.org_id, BatchContinued(batch_id=row["id"])) for row in made]


def _told_by_ses(where: Where, many: int) -> list[Message]:
    return [
        ses_event(delivery_id, "Bounce.Permanent", at=NOW)
        for delivery_id in sent_deliveries(where.org_id, "email", many, vendor="ses")
    ]


def _kept_of_ses(where: Where) -> int:
    with work_for(where.org_id) as session:
        ids = [str(one) for one in session.scalars(text("SELECT id FROM messaging.deliveries"))]
    query = text("""
        SELECT count(*) FROM messaging.inbound_events
        WHERE vendor = 'ses' AND convert_from(body, 'UTF8')::jsonb #>> '{detail,mail,tags,reference,0}' = ANY(:ids)
    """)
    with work_for(NOBODY) as session:
        return int(session.scalar(query, {"ids": ids}) or 0)


DELIVERIES = "SELECT count(*) FROM messaging.deliveries"
FLOWS: Sequence[Flow] = (
    Flow("anchor_set", anchor_set.handler, _anchors, rows("SELECT count(*) FROM messaging.anchor_recipients"),
         (anchors, "set_")),
    Flow("anchor_moved", anchor_moved.handler, _moves,
         rows("SELECT count(*) FROM messaging.anchors WHERE anchor_version = 2"), (anchors, "move")),
    Flow("anchor_cancelled", anchor_cancelled.handler, _cancellations,
         rows("SELECT count(*) FROM messaging.anchors WHERE state = 'cancelled'"), (anchors, "cancel")),
    Flow("message_requested", message_requested.handler, _requests, rows(DELIVERIES), (enqueueing, "request")),
    Flow("deliveries_queued", deliveries_queued.handler, _waiting, rows("SELECT sum(attempts) FROM messaging.deliveries WHERE state = 'sent'"),
         (sending, "send")),
    Flow("inbound_received", inbound_received.handler, _calls, rows(f"{DELIVERIES} WHERE state = 'delivered'"),
         (inbound, "process")),
    Flow("outbound_events", outbound_events.handler, _stars, rows("SELECT count(*) FROM messaging.webhook_deliveries"),
         (outbound, "forward"), is_typed=False),
    Flow("outbound_queued", outbound_queued.handler, _posts,
         rows("SELECT sum(attempts) FROM messaging.webhook_deliveries WHERE state = 'delivered'"), (outbound, "deliver")),
    Flow("batch_continued", batch_continued.handler, _batches, rows(DELIVERIES), (batches, "expand")),
    Flow("email_events", email_events.handler, _told_by_ses, _kept_of_ses, (webhooks, "receive_told"), is_typed=False),
)  # fmt: skip


def bodies(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    """As a rule puts them into the queue."""
    from tests.bus import queue_event

    return [
        json.dumps(one) if "source" in one else queue_event(dict(one))["Records"][0]["body"]
        for one in messages
    ]

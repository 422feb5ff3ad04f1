"""What vendors told is read: a delivery's state, suppressions, open windows, and who replied.

A webhook that proves nothing is only a hint: its vendor is asked, before anything is believed and outside of any
transaction. All of one call has its effect in one transaction, which passes through the organizations that it is about.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from uuid import UUID

from sqlalchemy.orm import Session

from lodestar import clock
from lodestar.adapters import email, voice, whatsapp
from lodestar.adapters.webhooks import VendorEvent, Webhook
from lodestar.contracts.messaging import Channel, DeliverySettled, MessageReplied, RecipientSuppressed
from lodestar.db import act_for, work_for
from lodestar.events import emit
from lodestar.log import log
from lodestar.principal import NO_TENANT, NOBODY, Principal
from messaging.models.deliveries import Delivery
from messaging.models.inbound import InboundEvent
from messaging.repository import inbound as repository
from messaging.repository import wishes
from messaging.repository.inbound import Matched
from messaging.rules import addresses
from messaging.rules import inbound as rules

PATIENCE = timedelta(minutes=10)
"""A vendor may tell of a message before our own call has come back with the vendor's name of it."""
LONGEST_CALL = timedelta(hours=2)
GOING_ON = frozenset({"sent", "ringing", "answered"})
"""A call's kinds before its end. Bolna repeats no webhook: the hint that a call began keeps us asking for its end."""
TOLD_OF = frozenset({"delivered", "read", "replied", "failed"})
WEBHOOKS = {
    "sendgrid": email.webhook, "ses": email.told_by_ses, "aisensy": whatsapp.webhook, "bolna": voice.webhook,
}  # fmt: skip


def webhook_of(vendor: str) -> Webhook:
    """The vendor's way in. Raises CapabilityNotConfigured."""
    return WEBHOOKS[vendor]()


def process(inbound_id: UUID) -> str:
    """Read a kept call; the state in which it is now. Reading one again changes nothing more."""
    with work_for(NOBODY) as session:
        kept = repository.waiting(session, inbound_id)
    if kept is None:
        return "processed"
    webhook = webhook_of(kept.vendor)
    told = webhook.events(kept.body)
    known = list(told) if webhook.authenticated else _confirmed(told)
    with work_for(NOBODY) as session:
        row = repository.waiting(session, inbound_id, lock=True)
        if row is None:
            return "processed"
        matched = repository.match(session, known)
        for org_id, of_one in groupby(
            sorted(matched, key=lambda one: one.org_id), key=lambda one: one.org_id
        ):
            act_for(session, Principal(user_id=NOBODY, org_id=org_id))
            _apply(session, list(of_one))
        act_for(session, NO_TENANT)
        if _has_more_to_come(row, webhook, told=told, known=known):
            return row.state
        _conclude(row, told=len(told), known=len(known), matched=len(matched))
        return row.state


def _confirmed(told: Sequence[VendorEvent]) -> list[VendorEvent]:
    """What the vendor itself says of the calls that somebody says it told of. Raises NotSent."""
    names = dict.fromkeys(event.vendor_message_id for event in told if event.vendor_message_id)
    states = [voice.voice_caller().execution(name) for name in names]
    return [state.event() for state in states if state is not None]


def _has_more_to_come(
    row: InboundEvent, webhook: Webhook, *, told: Sequence[VendorEvent], known: Sequence[VendorEvent]
) -> bool:
    """Whether it is asked about again in a minute, because it told that a call began and the call goes on."""
    began = any(event.kind == "sent" for event in told)
    if webhook.authenticated or not began or not any(event.kind in GOING_ON for event in known):
        return False
    if clock.now() - row.created_at >= LONGEST_CALL:
        return False
    row.attempts += 1
    row.last_error = "The call has not ended yet."
    return True


def _conclude(row: InboundEvent, *, told: int, known: int, matched: int) -> None:
    """Mark the call; one that names a message we do not know waits a while for it."""
    now = clock.now()
    row.attempts += 1
    if known > matched and now - row.created_at < PATIENCE:
        row.last_error = f"{known - matched} of {told} events name no delivery of ours yet."
        return
    row.state, row.processed_at = "processed", now
    row.last_error = None
    if told and not matched:
        row.state = "ignored"
        row.last_error = "The vendor knows no such call." if known < told else "It names no delivery of ours."
    elif known > matched:
        row.last_error = f"{known - matched} of {told} events name no delivery of ours."
    log.info("webhook_read", vendor=row.vendor, state=row.state, told=told, matched=matched)


def _apply(session: Session, matched: Sequence[Matched]) -> None:
    """The effect of one organization's events: of those that were not told before."""
    deliveries = {row.id: row for row in repository.locked(session, (one.delivery_id for one in matched))}
    fresh = repository.add_new(session, matched)
    new = list[Matched]()
    for one in matched:
        name = (one.delivery_id, one.event.vendor_event_id)
        if name in fresh:
            fresh.discard(name)
            new.append(one)
    for delivery_id, delivery in deliveries.items():
        _advance(session, delivery, [one.event for one in new if one.delivery_id == delivery_id])
    for one in sorted(new, key=lambda one: str(one.event.address)):
        _heed(session, deliveries[one.delivery_id], one.event)
    session.flush()


def _advance(session: Session, delivery: Delivery, told: Sequence[VendorEvent]) -> None:
    event = rules.furthest(told, state=delivery.state, reason=delivery.reason)
    if event is None:
        return
    before, state = delivery.state, rules.STATES[event.kind]
    delivery.state = state
    delivery.reason = event.kind if state == "failed" else None
    delivery.detail = rules.words(event) if state == "failed" else None
    delivery.sent_at = delivery.sent_at or event.occurred_at
    delivery.claimed_until = None
    delivery.vendor = delivery.vendor or event.vendor
    delivery.vendor_message_id = delivery.vendor_message_id or event.vendor_message_id
    if state not in TOLD_OF:
        return
    delivery.settled_at = event.occurred_at
    if state != before:
        emit(
            session,
            DeliverySettled(
                delivery_id=delivery.id,
                channel=Channel(delivery.channel),
                state=state,
                reason=delivery.reason,
                recipient_id=delivery.recipient_id,
                dedupe_key=delivery.dedupe_key,
                occurred_at=event.occurred_at,
            ),
        )


def _heed(session: Session, delivery: Delivery, event: VendorEvent) -> None:
    """What an event means for the messages that come after this one."""
    channel = Channel(delivery.channel)
    given = event.address or delivery.address or ""
    address = addresses.email(given) if channel is Channel.EMAIL else addresses.phone(given)
    if address is None:
        return
    if event.kind == "replied":
        repository.open_window(session, address, at=event.occurred_at)
    if event.kind == "replied" and event.detail.get("text"):
        emit(
            session,
            MessageReplied(
                delivery_id=delivery.id,
                channel=channel,
                address=address,
                recipient_id=delivery.recipient_id,
                text=event.detail["text"],
            ),
        )
    reason = rules.suppression(event)
    if reason is not None:
        _suppress(session, delivery, event, address=address, reason=reason)


def _suppress(session: Session, delivery: Delivery, event: VendorEvent, *, address: str, reason: str) -> None:
    made = wishes.suppress(
        session,
        channel=delivery.channel,
        address=address,
        user_id=delivery.recipient_id,
        reason=reason,
        evidence={"delivery_id": str(delivery.id), "vendor_event_id": event.vendor_event_id, **event.detail},
    )
    if made is not None:
        emit(
            session,
            RecipientSuppressed(
                channel=Channel(delivery.channel),
                address=address,
                recipient_id=delivery.recipient_id,
                reason=reason,
            ),
        )

"""Deliveries are made, and their sender is told."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from lodestar.contracts.messaging import Channel, DeliveriesQueued, MessageRequested, Recipient
from lodestar.events import emit
from messaging.repository import deliveries as repository
from messaging.rules import addresses

AT_ONCE = {Channel.EMAIL: 500, Channel.IN_APP: 500, Channel.WHATSAPP: 4, Channel.VOICE: 4}
"""Deliveries an event, so that one run of the sender takes them all: of those that go one by one, what a vendor that
takes two seconds for each gets done in it."""


def tell_sender(session: Session, queued: Iterable[tuple[UUID, str]]) -> None:
    """Emit what makes the sender take these deliveries (id, channel), once this transaction commits."""
    of_channel = defaultdict[str, list[UUID]](list)
    for delivery_id, channel in queued:
        of_channel[channel].append(delivery_id)
    for channel, ids in of_channel.items():
        tell_sender_of(session, channel, ids)


def tell_sender_of(session: Session, channel: str, ids: Sequence[UUID | str]) -> None:
    """`tell_sender` of deliveries of one channel."""
    size = AT_ONCE[Channel(channel)]
    for start in range(0, len(ids), size):
        emit(session, DeliveriesQueued.model_validate({"delivery_ids": ids[start : start + size]}))


def request(session: Session, event: MessageRequested) -> int:
    """Make the deliveries that another domain asked for; how many are new. Who was told of it is not told again."""
    rows = [
        row
        for recipient in event.recipients
        for channel in event.channels
        if (row := _row(event, recipient, channel)) is not None
    ]
    queued = repository.enqueue(session, rows)
    tell_sender(session, queued)
    return len(queued)


def key_of(recipient: Recipient) -> str:
    """What tells recipients apart: a member's id, else their address."""
    if recipient.user_id is not None:
        return str(recipient.user_id)
    return addresses.email(recipient.email) or addresses.phone(recipient.phone) or _unusable(recipient)


def _unusable(recipient: Recipient) -> str:
    return (recipient.email or recipient.phone or recipient.name)[:200]


def address_for(recipient: Any, channel: str) -> str | None:
    """Of somebody who is no member: what a message of this channel is made out to, or None."""
    if channel == Channel.EMAIL:
        return recipient.email[:300] if recipient.email else None
    if channel in (Channel.WHATSAPP, Channel.VOICE):
        return recipient.phone[:300] if recipient.phone else None
    return None


def _row(event: MessageRequested, recipient: Recipient, channel: Channel) -> dict[str, Any] | None:
    """A delivery to be; None where the recipient has nothing that this channel could go to."""
    address = None if recipient.user_id else address_for(recipient, channel)
    if recipient.user_id is None and address is None:
        return None
    return {
        "channel": channel.value,
        "category": event.category.value,
        "template_key": event.template_key,
        "variables": {**event.variables, **recipient.variables},
        "attachments": list(event.attachments),
        "dedupe_key": f"requested:{event.dedupe_key}:{channel.value}:{key_of(recipient)}",
        "target_type": event.target_type,
        "target_id": event.target_id,
        "recipient_id": recipient.user_id,
        "address": address,
        "name": recipient.name,
        "locale": recipient.locale,
        "time_zone": recipient.time_zone,
    }

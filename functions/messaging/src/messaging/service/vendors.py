"""Claimed deliveries are handed to their channel's vendor; each gets one of the four outcomes."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from email.utils import parseaddr
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

from lodestar.adapters import CapabilityNotConfigured
from lodestar.adapters.email import Address, Attachment, Category, Email, email_sender
from lodestar.adapters.sending import NotSent, Outcome, OutcomeUnknown, Refused
from lodestar.adapters.storage import ObjectNotFound, ObjectTooLarge, object_store
from lodestar.adapters.voice import VoiceCall, voice_caller
from lodestar.adapters.whatsapp import WhatsAppMessage, whatsapp_sender
from lodestar.config import settings
from lodestar.contracts.messaging import Channel
from lodestar.log import log
from messaging.rules.texting import compose_shared
from messaging.service.facts import Gathered
from messaging.service.unsubscribing import unsubscribe_token

ENDS = (NotSent, Refused, OutcomeUnknown)
MOST_TOGETHER = 500
LARGEST_ATTACHMENTS_BYTES = 10 * 1024 * 1024
"""All of a message's together."""


def most_at_once(channel: Channel) -> int:
    """How many are claimed together: what one call of the vendor takes, and a crash can leave unknown, at most."""
    match channel:
        case Channel.WHATSAPP | Channel.VOICE:
            return 1
        case Channel.EMAIL:
            with suppress(CapabilityNotConfigured):
                return min(MOST_TOGETHER, email_sender().most_messages)
    return MOST_TOGETHER


def send(org_id: UUID, channel: Channel, claimed: Sequence[Gathered]) -> list[Outcome]:
    """One outcome each, in their order. A channel that is not configured certainly took none."""
    try:
        return _send(org_id, channel, claimed)
    except CapabilityNotConfigured as missing:
        log.warning("channel_not_configured", channel=channel.value, reason=str(missing))
        return [NotSent(f"{channel.value} is not configured") for _ in claimed]


def _send(org_id: UUID, channel: Channel, claimed: Sequence[Gathered]) -> list[Outcome]:
    match channel:
        case Channel.EMAIL:
            return _mail(org_id, claimed)
        case Channel.WHATSAPP:
            return [_whatsapp(one) for one in claimed]
        case Channel.VOICE:
            return [_call(one) for one in claimed]
    raise ValueError(f"{channel} has no vendor.")


def _mail(org_id: UUID, claimed: Sequence[Gathered]) -> list[Outcome]:
    sender = email_sender()
    outcomes = dict[UUID, Outcome]()
    mails = list[Email]()
    nonce = secrets.token_hex(6)
    for one in claimed:
        try:
            mails.append(_email(org_id, one, nonce=nonce))
        except Refused as refused:
            outcomes[one.delivery.id] = refused
    for start in range(0, len(mails), sender.most_messages):
        part = mails[start : start + sender.most_messages]
        outcomes.update(zip((mail.reference for mail in part), sender.send(part), strict=True))
    return [outcomes[one.delivery.id] for one in claimed]


def _email(org_id: UUID, one: Gathered, *, nonce: str) -> Email:
    delivery = one.delivery
    headers, page = dict[str, str](), None
    if delivery.category != "transactional":
        token = unsubscribe_token(org_id, delivery.id)
        address = f"{settings().public_url}/v1/messaging/public/unsubscribes/{token}"
        headers = {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        page = f"{settings().public_url}/unsubscribe/{token}"
    if one.text is None or one.facts.address is None:
        raise Refused("no_address", "There is no address.")
    composed = compose_shared(one.text, one.values, nonce=nonce, unsubscribe_url=page)
    return Email(
        reference=delivery.id,
        to=Address(one.facts.address, one.name),
        sender=_sender(settings().email_from),
        subject=composed.subject,
        text=composed.text,
        html=composed.html,
        attachments=_attachments(org_id, delivery.attachments),
        headers=headers,
        substitutions=composed.substitutions,
        category=cast("Category", delivery.category),
    )


@lru_cache(maxsize=1)
def _sender(email_from: str) -> Address:
    name, address = parseaddr(email_from)
    return Address(address, name)


def _attachments(org_id: UUID, rows: Sequence[Mapping[str, Any]]) -> tuple[Attachment, ...]:
    """The files. Raises Refused when one is not there or cannot be read, or all of them are too large."""
    found, left = list[Attachment](), LARGEST_ATTACHMENTS_BYTES
    for row in rows:
        name, kind, shown_as = (row.get(key) for key in ("name", "type", "content_id"))
        if not isinstance(name, str) or not isinstance(kind, str) or not isinstance(shown_as, str | None):
            raise Refused("attachment_unreadable", "An attachment has no name or no type.")
        data = _stored(org_id, row, left) if "storage_key" in row else _inline(row)
        left -= len(data)
        if left < 0:
            raise Refused("attachments_too_large", "The attachments have more than 10 MB together.")
        found.append(Attachment(filename=name, content_type=kind, data=data, content_id=shown_as))
    return tuple(found)


def _stored(org_id: UUID, row: Mapping[str, Any], left: int) -> bytes:
    if not str(row["storage_key"]).startswith(f"{org_id}/"):
        raise Refused("attachment_missing", f"The attachment {row['name']} is not the organization's.")
    try:
        return object_store().read(row["storage_key"], max_bytes=max(left, 1))
    except ObjectNotFound:
        raise Refused("attachment_missing", f"The attachment {row['name']} is not there any more.") from None
    except ObjectTooLarge:
        raise Refused("attachments_too_large", "The attachments have more than 10 MB together.") from None


def _inline(row: Mapping[str, Any]) -> bytes:
    try:
        return base64.b64decode(row["content"], validate=True)
    except (KeyError, TypeError, ValueError):
        raise Refused("attachment_unreadable", f"The attachment {row.get('name')} cannot be read.") from None


def _whatsapp(one: Gathered) -> Outcome:
    text, address = one.text, one.facts.address
    if text is None or text.vendor_template is None or address is None:
        return Refused("no_address", "There is no number, or no campaign.")
    message = WhatsAppMessage(
        reference=one.delivery.id,
        to_e164=address,
        name=one.name,
        template=text.vendor_template,
        parameters=tuple(one.values.get(variable.name, "") for variable in text.variables),
    )
    try:
        return whatsapp_sender().send(message)
    except ENDS as outcome:
        return outcome


def call_of(one: Gathered) -> VoiceCall | None:
    """The call that a delivery is; None where it is none, or has no number or agent."""
    text, address = one.text, one.facts.address
    if (
        one.delivery.channel != Channel.VOICE
        or text is None
        or text.vendor_template is None
        or address is None
    ):
        return None
    return VoiceCall(
        reference=one.delivery.id, to_e164=address, agent=text.vendor_template, variables=dict(one.values)
    )


def _call(one: Gathered) -> Outcome:
    call = call_of(one)
    if call is None:
        return Refused("no_address", "There is no number, or no agent.")
    try:
        return voice_caller().call(call)
    except ENDS as outcome:
        return outcome

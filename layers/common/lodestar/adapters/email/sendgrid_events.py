"""SendGrid's Event Webhook, signed with ECDSA.

Source: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
and https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
"""

import base64
import binascii
import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from lodestar.adapters.sending import NotSent
from lodestar.adapters.vendors import VendorServer
from lodestar.adapters.webhooks import EventKind, Forged, Malformed, VendorEvent
from lodestar.adapters.wire import Wire

SIGNATURE_HEADER = "x-twilio-email-event-webhook-signature"
TIMESTAMP_HEADER = "x-twilio-email-event-webhook-timestamp"
TOLERANCE_SECONDS = 600
"""Either way. SendGrid signs each attempt anew, so a repetition is as fresh as a first delivery."""

REFETCH_SECONDS = 60.0
"""How often, at most, a signature that does not fit makes us ask whether the key has changed."""

_KINDS: Mapping[str, EventKind] = {
    "processed": "sent",
    "deferred": "deferred",
    "delivered": "delivered",
    "open": "read",
    "click": "clicked",
    "bounce": "bounced",
    "blocked": "blocked",
    "dropped": "dropped",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
}
_DETAIL = ("reason", "status", "response", "attempt", "url", "type", "bounce_classification")


class EventWebhook:
    """A `Webhook`. Without a given public key it asks SendGrid for the account's, once a process and on a change."""

    authenticated = True

    def __init__(self, server: VendorServer, *, public_key: str | None) -> None:
        assert server.base_url is not None  # noqa: S101 - vendors.py knows the address
        headers = {"authorization": f"Bearer {server.api_key}"}
        self._wire = Wire("SendGrid", server.base_url, headers=headers, unknown_statuses=frozenset())
        self._is_given = public_key is not None
        self._key = _read_key(public_key) if public_key is not None else None
        self._fetched_at = -REFETCH_SECONDS

    def verify(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> None:
        given = {name.lower(): value for name, value in headers.items()}
        timestamp, signature = given.get(TIMESTAMP_HEADER, ""), given.get(SIGNATURE_HEADER, "")
        if not timestamp.isascii() or not timestamp.isdigit():
            raise Forged("no timestamp")
        if abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
            raise Forged("not of now")
        try:
            signed = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError) as error:
            raise Forged("no signature") from error
        message = timestamp.encode() + body
        if _fits(self._current_key(), signed, message):
            return
        if not self._is_given and self._fetch_again() and _fits(self._current_key(), signed, message):
            return
        raise Forged("wrong signature")

    def events(self, body: bytes) -> Sequence[VendorEvent]:
        try:
            told = json.loads(body)
            if not isinstance(told, list):
                raise Malformed("no list of events")
            return [_event(entry) for entry in told if _is_of_use(entry)]
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise Malformed(f"no events of SendGrid ({type(error).__name__})") from error

    def _current_key(self) -> EllipticCurvePublicKey:
        if self._key is None:
            self._fetch()
        assert self._key is not None  # noqa: S101 - fetched, or NotSent was raised
        return self._key

    def _fetch_again(self) -> bool:
        if time.monotonic() - self._fetched_at < REFETCH_SECONDS:
            return False
        self._fetch()
        return True

    def _fetch(self) -> None:
        """https://www.twilio.com/docs/sendgrid/api-reference/webhooks/get-signed-event-webhooks-public-key"""
        document = self._wire.get("/v3/user/webhooks/event/settings/signed")
        key = document.get("public_key") if isinstance(document, dict) else None
        if not key:
            raise NotSent("SendGrid has no public key: its Event Webhook is not set to be signed.")
        self._key, self._fetched_at = _read_key(str(key)), time.monotonic()


def _read_key(text: str) -> EllipticCurvePublicKey:
    """The key as SendGrid shows it: base64 of its DER form."""
    key = load_der_public_key(base64.b64decode(text))
    if not isinstance(key, EllipticCurvePublicKey):
        raise TypeError("SENDGRID_WEBHOOK_PUBLIC_KEY is no elliptic curve key")
    return key


def _fits(key: EllipticCurvePublicKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, message, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _is_of_use(entry: Mapping[str, Any]) -> bool:
    """Openings by a mail program's own prefetching (`sg_machine_open`) say nothing about the person."""
    return entry["event"] in _KINDS and not entry.get("sg_machine_open")


def _event(entry: Mapping[str, Any]) -> VendorEvent:
    kind = _KINDS[entry["event"]]
    if kind == "bounced" and entry.get("type") == "blocked":
        kind = "blocked"
    return VendorEvent(
        kind=kind,
        vendor="sendgrid",
        vendor_event_id=str(entry["sg_event_id"]),
        occurred_at=datetime.fromtimestamp(int(entry["timestamp"]), UTC),
        reference=_reference(entry.get("reference")),
        vendor_message_id=str(entry.get("sg_message_id") or "").partition(".")[0] or None,
        address=str(entry["email"]),
        detail={name: str(entry[name])[:1000] for name in _DETAIL if entry.get(name) is not None},
    )


def _reference(text: Any) -> UUID | None:
    """Ours, where it is one: other programs of the account put their own arguments there."""
    try:
        return UUID(str(text))
    except ValueError:
        return None

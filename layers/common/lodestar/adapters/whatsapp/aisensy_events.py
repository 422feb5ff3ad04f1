"""AiSensy's webhook: HMAC-SHA256 of the raw body in X-AiSensy-Signature.

Source: https://aisensy.stoplight.io/docs/project-api/ (topics `message.status.updated`, `message.sender.user`)
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from lodestar.adapters.webhooks import EventKind, Forged, Malformed, VendorEvent

SIGNATURE_HEADER = "x-aisensy-signature"

_KINDS: Mapping[str, EventKind] = {
    "SENT": "sent",
    "DELIVERED": "delivered",
    "READ": "read",
    "FAILED": "failed",
    "REPLIED": "replied",
    "CLICKED": "clicked",
}
_TIMES = {"SENT": "sent_at", "DELIVERED": "delivered_at", "READ": "read_at"}
MILLISECONDS = 1000


class AiSensyWebhook:
    """A `Webhook`. The signature covers no time, so a repetition is only known by its event's id."""

    authenticated = True

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def verify(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> None:  # noqa: ARG002 - the port's
        given = {name.lower(): value for name, value in headers.items()}.get(SIGNATURE_HEADER, "")
        expected = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(given.removeprefix("sha256=").encode(), expected.encode()):
            raise Forged("wrong signature")

    def events(self, body: bytes) -> Sequence[VendorEvent]:
        try:
            told = json.loads(body)
            topic, message = told["topic"], (told.get("data") or {}).get("message") or {}
            if topic == "message.status.updated" and str(message["status"]).upper() in _KINDS:
                return [_status(told, message)]
            if topic == "message.sender.user":
                return [_reply(told, message)]
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
            raise Malformed(f"no notification of AiSensy ({type(error).__name__})") from error
        return []


def _status(told: Mapping[str, Any], message: Mapping[str, Any]) -> VendorEvent:
    status = str(message["status"]).upper()
    failure = message.get("failureResponse") or {}
    detail = {"reason": failure.get("reason"), "code": failure.get("code"), "campaign": _campaign(message)}
    return VendorEvent(
        kind=_KINDS[status],
        vendor="aisensy",
        vendor_event_id=str(told["id"]),
        occurred_at=_time(message.get(_TIMES.get(status, "")) or told["created_at"]),
        vendor_message_id=str(
            message.get("submitted_message_id") or message.get("messageId") or message["id"]
        ),
        address=_e164(message.get("phone_number")),
        detail={name: str(text)[:1000] for name, text in detail.items() if text},
    )


def _reply(told: Mapping[str, Any], message: Mapping[str, Any]) -> VendorEvent:
    content = message.get("message_content") or {}
    text = content.get("text") or content.get("caption") or f"[{message.get('message_type') or 'message'}]"
    context = message.get("context") or {}
    answers = context.get("submitted_message_id") or context.get("id")
    return VendorEvent(
        kind="replied",
        vendor="aisensy",
        vendor_event_id=str(told["id"]),
        occurred_at=_time(message.get("sent_at") or told["created_at"]),
        vendor_message_id=str(answers) if answers else None,
        address=_e164(message["phone_number"]),
        detail={"text": str(text.get("body") if isinstance(text, dict) else text)[:4000]},
    )


def _campaign(message: Mapping[str, Any]) -> str | None:
    campaign = message.get("campaign")
    return campaign.get("name") if isinstance(campaign, dict) else None


def _e164(number: Any) -> str | None:
    digits = str(number or "").removeprefix("+")
    return f"+{digits}" if digits else None


def _time(value: Any) -> datetime:
    """AiSensy writes milliseconds since the epoch in some fields and ISO 8601 in others."""
    if isinstance(value, str) and not value.isdigit():
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return datetime.fromtimestamp(int(value) / MILLISECONDS, UTC)

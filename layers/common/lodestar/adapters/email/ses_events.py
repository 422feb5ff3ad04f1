"""SES's events of mails, as EventBridge hands them on (docs/adr/0010-ses-tells-by-eventbridge.md).

Source: https://docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html and
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from lodestar.adapters.email.ses import REFERENCE_TAG
from lodestar.adapters.webhooks import EventKind, Forged, Malformed, VendorEvent

SOURCE = "aws.ses"
"""EventBridge lets nobody but AWS publish under this name (NotAuthorizedForSourceException)."""
SET_TAG = "ses:configuration-set"

_KINDS: Mapping[str, tuple[EventKind, str]] = {
    "Send": ("sent", "send"),
    "Delivery": ("delivered", "delivery"),
    "DeliveryDelay": ("deferred", "deliveryDelay"),
    "Bounce": ("bounced", "bounce"),
    "Complaint": ("complained", "complaint"),
    "Reject": ("dropped", "reject"),
}
"""What each is to us, and the name of its own part of the event."""
NEVER_TRIED = "OnAccountSuppressionList"
NO_COMPLAINT = "not-spam"
"""A recipient took the message out of the spam folder."""
_DETAIL = (
    "bounceType", "bounceSubType", "complaintFeedbackType", "complaintSubType", "delayType", "reason", "smtpResponse",
)  # fmt: skip
_REASONS = ("diagnosticCode", "status")


class SesEvents:
    """A `Webhook` whose calls come from a rule of EventBridge; the body is the event as EventBridge has it.

    Nothing is signed: the queue takes messages of our rules only, and the rule events of `aws.ses` in our own account.
    `verify` looks again, and for the configuration set: other programs of the account send mail, too. An event's age
    proves nothing here, for a dead letter is sent back days later.
    """

    authenticated = True

    def __init__(self, configuration_set: str) -> None:
        self._configuration_set = configuration_set

    def verify(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> None:  # noqa: ARG002 - a webhook's
        told = _read(body)
        mail = _part(_part(told, "detail"), "mail")
        if told.get("source") != SOURCE:
            raise Forged("not of SES")
        if not told.get("account") or told.get("account") != mail.get("sendingAccountId"):
            raise Forged("of another account")
        if _tag(mail, SET_TAG) != self._configuration_set:
            raise Forged("of another configuration set")

    def events(self, body: bytes) -> Sequence[VendorEvent]:
        detail = _part(_read(body), "detail")
        named = str(detail.get("eventType"))
        if named not in _KINDS:
            return []
        kind, part = _KINDS[named]
        own = _part(detail, part)
        if own.get("complaintFeedbackType") == NO_COMPLAINT:
            return []
        try:
            return [_event(_kind(kind, own), named, own, _part(detail, "mail"))]
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise Malformed(f"no event of SES ({type(error).__name__})") from error


def _kind(kind: EventKind, own: Mapping[str, Any]) -> EventKind:
    """A bounce is of the address only if it is permanent; an address on SES's own list counts as one that bounced,
    unless it is there because its owner complained."""
    if kind == "bounced" and own.get("bounceType") != "Permanent":
        return "blocked"
    if kind == "complained" and own.get("complaintSubType") == NEVER_TRIED:
        return "dropped"
    return kind


def _event(kind: EventKind, named: str, own: Mapping[str, Any], mail: Mapping[str, Any]) -> VendorEvent:
    at = str(own.get("timestamp") or mail["timestamp"])
    message_id = str(mail["messageId"])
    return VendorEvent(
        kind=kind,
        vendor="ses",
        vendor_event_id=str(own.get("feedbackId") or f"{named}:{message_id}:{at}"),
        occurred_at=_time(at),
        reference=_reference(_tag(mail, REFERENCE_TAG)),
        vendor_message_id=message_id,
        # Where we sent it: a bounce names the mailbox that it was forwarded to.
        address=str(mail["destination"][0]),
        detail=_detail(own),
    )


def _detail(own: Mapping[str, Any]) -> dict[str, str]:
    found = {name: str(own[name])[:1000] for name in _DETAIL if own.get(name)}
    recipients = own.get("bouncedRecipients") or own.get("delayedRecipients") or [{}]
    told = [str(recipients[0][name]) for name in _REASONS if recipients[0].get(name)]
    if told:
        found.setdefault("reason", told[0][:1000])
    return found


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(body)
    except ValueError as error:
        raise Malformed("no JSON") from error
    if not isinstance(told, dict):
        raise Malformed("no event of EventBridge")
    return told


def _part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = whole.get(name)
    if not isinstance(part, dict):
        raise Malformed(f"no {name}")
    return part


def _tag(mail: Mapping[str, Any], name: str) -> str | None:
    """The one value of a tag of the message; None where it has none, or several."""
    tags = mail.get("tags")
    values = tags.get(name) if isinstance(tags, dict) else None
    return str(values[0]) if isinstance(values, list) and len(values) == 1 else None


def _reference(text: str | None) -> UUID | None:
    """Ours, where it is one."""
    try:
        return UUID(str(text))
    except ValueError:
        return None


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

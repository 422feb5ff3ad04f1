"""What becomes of an accepted e-mail, and the events that EventBridge would hand on: each is posted as it stands.

Source: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html
"""

import json
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from simulators.callbacks import Callback
from simulators.desk import Desk
from simulators.messages import Message
from simulators.recipients import of_address

VENDOR = "ses"
ACCOUNT = "000000000000"
NAMES = {
    "Send": "Email Sent",
    "Delivery": "Email Delivered",
    "DeliveryDelay": "Email Delivery Delayed",
    "Bounce": "Email Bounced",
    "Complaint": "Email Complaint Received",
    "Reject": "Email Rejected",
}
PARTS = {"DeliveryDelay": "deliveryDelay"}

Step = tuple[float, float, str, dict[str, Any]]
"""After how long (least, most seconds), the event's type, and its own fields."""

_SEND: Step = (0.0, 0.3, "Send", {})
_DELIVERY: Step = (0.5, 2.0, "Delivery", {"smtpResponse": "250 2.0.0 OK", "processingTimeMillis": 600})
_FULL: Step = (0.5, 2.0, "Bounce", {
    "bounceType": "Transient", "bounceSubType": "MailboxFull", "status": "4.2.2",
    "diagnosticCode": "smtp; 452 4.2.2 The recipient's inbox is out of storage space.",
})  # fmt: skip
_FATES: dict[str, tuple[Step, ...]] = {
    "delivered": (_SEND, _DELIVERY),
    "silent": (),
    "blocked": (_SEND, _FULL),
    "bounce": (_SEND, (0.5, 2.0, "Bounce", {
        "bounceType": "Permanent", "bounceSubType": "General", "status": "5.1.1",
        "diagnosticCode": "smtp; 550 5.1.1 user unknown",
    })),
    "dropped": (_SEND, (0.5, 2.0, "Reject", {"reason": "Bad content"})),
    "defer": (
        _SEND,
        (0.5, 2.0, "DeliveryDelay", {"delayType": "TransientCommunicationFailure", "status": "4.4.1",
                                     "diagnosticCode": "smtp; 421 4.4.1 Unable to connect to remote host"}),
        (5.0, 10.0, "Delivery", {"smtpResponse": "250 2.0.0 OK", "processingTimeMillis": 8000}),
    ),
    "spam": (_SEND, _DELIVERY, (1.0, 6.0, "Complaint", {"complaintFeedbackType": "abuse", "complaintSubType": None})),
}  # fmt: skip
_RECIPIENTS = {
    "Bounce": "bouncedRecipients",
    "DeliveryDelay": "delayedRecipients",
    "Complaint": "complainedRecipients",
}


class Fates:
    """Lets accepted messages meet their fates."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def begin(self, message: Message) -> None:
        """The first event follows at once; nothing happens before the caller returns."""
        rng = self._desk.control.fate(VENDOR, message.reference or message.id)
        named = of_address(message.to)
        fate = _FATES.get(named) if named else None
        if fate is None:
            is_bad = rng.random() < self._desk.control.orders[VENDOR].undelivered_rate
            fate = _FATES["blocked" if is_bad else "delivered"]
        self._step(message, fate, rng)

    def _step(self, message: Message, steps: tuple[Step, ...], rng: Random) -> None:
        if not steps:
            return
        (least, most, kind, fields), *rest = steps

        def happen() -> None:
            words = fields.get("diagnosticCode") or fields.get("reason") or fields.get("smtpResponse") or ""
            at = message.become(kind, str(words))
            body = json.dumps(_event(message, kind, fields, at=at, rng=rng)).encode()
            self._desk.callbacks.deliver(
                Callback(VENDOR, body, lambda _, __: {"Content-Type": "application/json"})
            )
            self._step(message, tuple(rest), rng)

        self._desk.timeline.after(self._desk.control.seconds(VENDOR, least, most, rng=rng), happen)


def _event(
    message: Message, kind: str, fields: dict[str, Any], *, at: datetime, rng: Random
) -> dict[str, Any]:
    """As a rule's target gets it."""
    own = {name: value for name, value in fields.items() if name not in ("status", "diagnosticCode")}
    if kind not in ("Send", "Reject"):
        own["timestamp"] = _time(at)
    if kind in _RECIPIENTS:
        told = {name: fields[name] for name in ("status", "diagnosticCode") if name in fields}
        own[_RECIPIENTS[kind]] = [{"emailAddress": message.to, **told}]
    if kind in ("Bounce", "Complaint"):
        own["feedbackId"] = (
            f"0100{rng.getrandbits(64):016x}-{UUID(int=rng.getrandbits(128), version=4)}-000000"
        )
    tags = {name: [value] for name, value in message.details["tags"].items()}
    return {
        "version": "0",
        "id": str(UUID(int=rng.getrandbits(128), version=4)),
        "detail-type": NAMES[kind],
        "source": "aws.ses",
        "account": ACCOUNT,
        "time": at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "region": "us-east-1",
        "resources": [],
        "detail": {
            "eventType": kind,
            PARTS.get(kind, kind.lower()): own,
            "mail": {
                "timestamp": _time(message.at),
                "source": message.sender,
                "sendingAccountId": ACCOUNT,
                "messageId": message.id,
                "destination": [message.to],
                "headersTruncated": False,
                "tags": {**tags, "ses:configuration-set": [message.details["configuration_set"]]},
            },
        },
    }


def _time(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

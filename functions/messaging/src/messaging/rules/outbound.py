"""Webhooks to others: which events are public, how they are written and signed, and when they are tried again.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

PUBLIC_EVENTS: Mapping[str, str] = {
    "assessment.appeal_decided": "An appeal against a grading was decided.",
    "assessment.attempt_decided": "A person of staff decided on an attempt.",
    "assessment.attempt_failed": "An attempt could not be graded.",
    "assessment.attempt_graded": "An attempt was graded.",
    "identity.consent_withdrawn": "A person took a consent back.",
    "identity.membership_created": "A person has a role in the organization.",
    "learning.enrollment_created": "A learner is on a program.",
    "learning.lesson_completed": "A learner completed a lesson.",
    "learning.program_assigned": "A program is offered to the organization.",
    "learning.program_completed": "A learner earned every star.",
    "learning.promotion_offered": "A learner may take the exam for the next tier.",
    "learning.star_awarded": "A learner earned a star.",
    "learning.tier_changed": "A learner's tier changed.",
    "media.asset_ready": "A video or file can be used.",
    "media.asset_rejected": "A video or file cannot be used.",
    "messaging.delivery_settled": "A message was delivered, read, answered, failed or was left out.",
    "messaging.message_replied": "Somebody answered a message.",
    "messaging.recipient_suppressed": "Nothing more is sent to an address.",
}
"""What organizations may be told of, with words for the page where they choose."""

MOST_ATTEMPTS = 12
WAITS = (5, 60, 300, 1800, 2 * 3600, 5 * 3600, 8 * 3600, 10 * 3600, 12 * 3600, 16 * 3600, 18 * 3600)
"""Seconds before each repetition: three days in all."""
LONGEST_RETRY_AFTER = 24 * 3600.0
TWO_SECRETS = timedelta(hours=24)
"""For so long after a rotation the former secret signs as well."""

DOUBLE_CLICK = timedelta(minutes=1)


def is_just_rotated(rotated_at: datetime | None, *, now: datetime) -> bool:
    """Whether asking for another secret is the second click on the first rotation."""
    return rotated_at is not None and now - rotated_at < DOUBLE_CLICK


def body(*, event_type: str, occurred_at: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """An event as endpoints get it."""
    return {"type": event_type, "timestamp": occurred_at, "data": dict(data)}


def written(payload: Mapping[str, Any]) -> bytes:
    """The bytes that are signed and sent."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def shown(secret: bytes) -> str:
    """A secret as it is handed out."""
    return f"whsec_{base64.b64encode(secret).decode()}"


def headers(message_id: UUID, content: bytes, *, secrets: Sequence[bytes], now: datetime) -> dict[str, str]:
    """What proves a message: one signature for each secret."""
    moment = str(int(now.timestamp()))
    signed = f"{message_id}.{moment}.".encode() + content
    signatures = [
        f"v1,{base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()}" for secret in secrets
    ]
    return {
        "webhook-id": str(message_id),
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(signatures),
    }


def next_try(
    *, attempts: int, now: datetime, chance: float, retry_after: float | None = None
) -> datetime | None:
    """When it is tried again after `attempts` that failed; None when it is given up.

    `chance`, between 0 and 1, spreads those that failed together; `retry_after` are the endpoint's own seconds.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    wait = WAITS[attempts - 1] * (0.9 + 0.2 * chance)
    if retry_after is not None:
        wait = max(wait, min(retry_after, LONGEST_RETRY_AFTER))
    return now + timedelta(seconds=wait)

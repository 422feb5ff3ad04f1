"""The channel that needs no vendor: a notification in the product."""

from datetime import datetime

from sqlalchemy.orm import Session

from messaging.repository import notifications
from messaging.repository.deliveries import Settlement
from messaging.rules.texting import compose
from messaging.rules.texts import Notice
from messaging.service.facts import Gathered


def deliver(session: Session, one: Gathered, *, now: datetime) -> Settlement:
    """Tell the member; in the same transaction the delivery is delivered."""
    delivery = one.delivery
    if delivery.recipient_id is None or one.text is None:
        raise ValueError("A notification needs a member and a text.")
    composed = compose(one.text, one.values)
    notice = Notice(
        type=one.text.key.replace("-", "_"),
        occasion=delivery.dedupe_key,
        title=composed.subject,
        body=composed.text,
        target_type=delivery.target_type or "delivery",
        target_id=delivery.target_id or delivery.id,
    )
    notifications.add(session, [delivery.recipient_id], notice)
    return Settlement(
        id=delivery.id,
        attempts=delivery.attempts,
        state="delivered",
        kind="delivered",
        sent_at=now,
        settled_at=now,
    )

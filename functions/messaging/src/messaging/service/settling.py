"""Outcomes are written down, kept as events, and told to whoever asked for the message."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from lodestar.contracts.messaging import Channel, DeliverySettled
from lodestar.events import emit
from messaging.repository import deliveries as repository
from messaging.repository.deliveries import Settlement
from messaging.rules.sending import Verdict

ENDS = frozenset({"delivered", "failed", "skipped"})


def settle(session: Session, settlements: Sequence[Settlement], *, now: datetime) -> None:
    """Write what became of deliveries, unless their vendor told more of them meanwhile."""
    held = repository.settle(session, settlements, now=now)
    ended = [one.id for one in settlements if one.state in ENDS and one.id in held]
    for delivery in repository.by_ids(session, ended):
        emit(
            session,
            DeliverySettled(
                delivery_id=delivery.id,
                channel=Channel(delivery.channel),
                state=delivery.state,
                reason=delivery.reason,
                recipient_id=delivery.recipient_id,
                dedupe_key=delivery.dedupe_key,
                occurred_at=now,
            ),
        )


def as_rows(verdicts: Iterable[Verdict]) -> list[dict[str, Any]]:
    """Verdicts as they are kept with an event."""
    return [{"rule": one.rule, "words": one.words, "passed": one.passed} for one in verdicts]


def remember(session: Session, decided: Iterable[tuple[UUID, Sequence[Verdict]]], *, now: datetime) -> None:
    """Keep why these were sent."""
    rows = [
        {"delivery_id": i, "kind": "decided", "occurred_at": now, "detail": {"verdicts": as_rows(verdicts)}}
        for i, verdicts in decided
    ]
    repository.add_events(session, rows)

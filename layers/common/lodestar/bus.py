"""The event bus, reached by a signed PutEvents."""

import json
from collections.abc import Sequence
from uuid import UUID

from lodestar import aws
from lodestar.config import settings
from lodestar.outbox import OutboxRow

ENTRIES_PER_CALL = 10
"""EventBridge's own limit for one PutEvents."""


class BusUnavailable(RuntimeError):
    """The bus did not take the events."""


def put(rows: Sequence[OutboxRow]) -> list[UUID]:
    """Publish, and return the ids of the events that the bus accepted. Raises `BusUnavailable`."""
    accepted: list[UUID] = []
    for start in range(0, len(rows), ENTRIES_PER_CALL):
        accepted += _put_batch(rows[start : start + ENTRIES_PER_CALL])
    return accepted


def _put_batch(rows: Sequence[OutboxRow]) -> list[UUID]:
    entries = [
        {
            "Source": f"lodestar.{row.name.partition('.')[0]}",
            "DetailType": row.name,
            "Detail": json.dumps(row.detail),
            "EventBusName": settings().need("event_bus_name"),
        }
        for row in rows
    ]
    try:
        answer = aws.call("events", "AWSEvents.PutEvents", {"Entries": entries})
    except (aws.AwsRefused, aws.AwsUnreachable) as error:
        raise BusUnavailable(str(error)) from error
    return [row.id for row, entry in zip(rows, answer["Entries"], strict=True) if entry.get("EventId")]

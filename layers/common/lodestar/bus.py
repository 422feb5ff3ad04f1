"""The event bus, reached by a signed PutEvents."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from lodestar import aws
from lodestar.config import settings
from lodestar.outbox import OutboxRow

ENTRIES_PER_CALL = 10
BYTES_PER_CALL = 262_144
"""EventBridge's own limits for one PutEvents."""


@dataclass(slots=True)
class Sent:
    """What became of some events: the ids that the bus took, and why it did not take the others."""

    accepted: list[UUID] = field(default_factory=list)
    refused: dict[UUID, str] = field(default_factory=dict)


def put(rows: Sequence[OutboxRow]) -> Sent:
    """Publish. One event that the bus refuses does not hold back the others; a bus that does not answer is not asked
    again."""
    sent, waiting = Sent(), [(row, _entry(row)) for row in rows]
    try:
        for batch in _batches(waiting):
            _put_batch(batch, sent)
    except aws.AwsUnreachable as error:
        unsent = (row.id for row in rows if row.id not in {*sent.accepted, *sent.refused})
        sent.refused.update(dict.fromkeys(unsent, f"The bus was not to be reached: {error}"))
    return sent


Entry = dict[str, str]


def _entry(row: OutboxRow) -> Entry:
    return {
        "Source": f"lodestar.{row.name.partition('.')[0]}",
        "DetailType": row.name,
        "Detail": json.dumps(row.detail),
        "EventBusName": settings().need("event_bus_name"),
    }


def _batches(waiting: Sequence[tuple[OutboxRow, Entry]]) -> Iterator[list[tuple[OutboxRow, Entry]]]:
    """As many as one call may hold, by their number and their size."""
    batch: list[tuple[OutboxRow, Entry]] = []
    size = 0
    for row, entry in waiting:
        if batch and (len(batch) == ENTRIES_PER_CALL or size + _bytes_of(entry) > BYTES_PER_CALL):
            yield batch
            batch, size = [], 0
        batch.append((row, entry))
        size += _bytes_of(entry)
    if batch:
        yield batch


def _bytes_of(entry: Entry) -> int:
    return sum(len(entry[name].encode()) for name in ("Source", "DetailType", "Detail"))


def _put_batch(batch: Sequence[tuple[OutboxRow, Entry]], sent: Sent) -> None:
    """Raises `AwsUnreachable`. One entry at fault refuses its whole call, so they are asked for one by one then."""
    try:
        answer = aws.call("events", "AWSEvents.PutEvents", {"Entries": [entry for _, entry in batch]})
    except aws.AwsRefused as error:
        if len(batch) == 1:
            ((row, entry),) = batch
            sent.refused[row.id] = f"The bus refused this event of {_bytes_of(entry):,} bytes: {error}"
            return
        for one in batch:
            _put_batch([one], sent)
        return
    for (row, _), taken in zip(batch, answer["Entries"], strict=True):
        if taken.get("EventId"):
            sent.accepted.append(row.id)
        else:
            sent.refused[row.id] = (
                f"The bus refused this event: {taken.get('ErrorCode')} {taken.get('ErrorMessage')}"
            )

"""One message to many: begun at once, made into deliveries part by part, followed to its end.

How far the expansion is stands in the batch's row and commits with the deliveries, so it goes on after any
interruption. A delivery is named by its batch and recipient: a part that is made twice is made once.
"""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lodestar import audit, clock, operations
from lodestar.contracts import identity
from lodestar.contracts.messaging import BatchContinued
from lodestar.db import work_for
from lodestar.events import emit
from lodestar.ids import new_id
from lodestar.principal import Principal
from lodestar.problems import NotFound, RequestInProgress
from messaging.errors import CannotBeFilled, EmptySegment
from messaging.models.batches import MessageBatch
from messaging.repository import batches as repository
from messaging.rules import variables as rules
from messaging.rules.texting import Text
from messaging.schemas.batches import BatchCounts, BatchCreate, BatchPreviewRead, BatchRead
from messaging.service import filling
from messaging.service.enqueueing import tell_sender
from messaging.service.texts import load

PART = 1000
RUN = timedelta(seconds=5)
"""After so long the rest is left to the next run, well before the function's time is over."""
SILENCE = timedelta(minutes=2)
SUBJECT = "message_batch"
UTC_ZONE = ZoneInfo("UTC")


def begin(session: Session, body: BatchCreate, *, caller: Principal) -> MessageBatch:
    """A batch that is on its way; the same message to the same segment is the batch that is on its way already.

    Raises CannotBeFilled, EmptySegment, NotFound, and RequestInProgress while its twin begins or ends.
    """
    text = _checked(session, body)
    if _size(session, body) == 0:
        raise EmptySegment()
    message: dict[str, Any] = {
        "channel": body.channel.value,
        "template_key": body.template_key,
        "variables": body.variables,
        "segment": body.segment.as_stored(),
    }
    batch = repository.add(
        session,
        **message,
        id=new_id(),
        category=text.category,
        operation_id=new_id(),
        created_by=caller.user_id,
    )
    if batch is None:
        batch = repository.on_its_way(session, **message)
        if batch is None:
            raise RequestInProgress()
        return batch
    operations.begin(
        session, "batch", operation_id=batch.operation_id, subject_type=SUBJECT, subject_id=batch.id
    )
    after = {"template_key": batch.template_key, "channel": batch.channel}
    audit.record(session, "message_batch.begun", subject_type=SUBJECT, subject_id=batch.id, after=after)
    emit(session, BatchContinued(batch_id=batch.id))
    return batch


def preview(session: Session, body: BatchCreate) -> BatchPreviewRead:
    """To how many it would go, by which text. Changes nothing. Raises CannotBeFilled and NotFound."""
    text = _checked(session, body)
    return BatchPreviewRead(recipients=_size(session, body), category=text.category, locale=text.locale)


def expand(org_id: UUID, batch_id: UUID) -> None:
    """Make deliveries of the members that have none yet, part by part, each in a transaction of its own."""
    stop_at, there_is_time = clock.now() + RUN, True
    while there_is_time:
        with work_for(org_id) as session:
            if not _expand_part(session, batch_id):
                return
        there_is_time = clock.now() < stop_at
    with work_for(org_id) as session:
        emit(session, BatchContinued(batch_id=batch_id))


def follow(session: Session) -> int:
    """Say how far the organization's batches are; wake those that stand still. How many were looked at."""
    found = repository.unfinished(session, silent_since=clock.now() - SILENCE)
    for batch in found:
        if batch.state == "sending":
            _follow(session, batch)
        else:
            emit(session, BatchContinued(batch_id=batch.id))
            batch.updated_at = clock.now()
    session.flush()
    return len(found)


def read(session: Session, batches: Sequence[MessageBatch]) -> list[BatchRead]:
    """Batches with what became of their deliveries by now."""
    found = repository.counts(session, [batch.id for batch in batches])
    return [_read(batch, _counts(found[batch.id])) for batch in batches]


def _read(batch: MessageBatch, counts: BatchCounts) -> BatchRead:
    return BatchRead.model_validate(
        {
            **{name: getattr(batch, name) for name in BatchRead.model_fields if name != "counts"},
            "segment": {name: value for name, value in batch.segment.items() if name != "user_ids"},
            "counts": counts,
        }
    )


def batch_of(session: Session, batch_id: UUID) -> MessageBatch:
    """Raises NotFound."""
    batch = repository.batch_of(session, batch_id)
    if batch is None:
        raise NotFound()
    return batch


def _checked(session: Session, body: BatchCreate) -> Text:
    """The text, if these variables fill it. Raises CannotBeFilled."""
    text = load(session, [body.template_key]).find(body.template_key, body.channel.value)
    if text is None:
        words = f"There is no active template of this key for {body.channel.value}."
        errors = [{"field": "template_key", "code": "no_template", "message": words}]
        raise CannotBeFilled(words, errors=errors)
    organization = identity.organization(session)
    name = organization.name if organization else ""
    _, faults = filling.values(text, body.variables, name="Somebody", organization=name, zone=UTC_ZONE)
    faults += rules.unknown(text.variables, body.variables)
    if faults:
        errors = [{"field": f"variables.{f.name}", "code": f.code, "message": f.words} for f in faults]
        raise CannotBeFilled(" ".join(fault.words for fault in faults), errors=errors)
    return text


def _size(session: Session, body: BatchCreate) -> int:
    """How many belong to the segment. Raises NotFound where it names people, or a program, that are not here."""
    segment = body.segment.as_stored()
    size = repository.count(session, json.dumps(segment), of=segment)
    if size == 0 and "user_ids" in segment:
        raise NotFound("None of these people is a member here.")
    if size == 0 and "program_id" in segment:
        raise NotFound("There is no such program, or nobody of this segment is on it.")
    return size


def _expand_part(session: Session, batch_id: UUID) -> bool:
    """Whether there is more to do."""
    batch = repository.batch_of(session, batch_id, lock=True)
    if batch is None or batch.state not in ("pending", "expanding"):
        return False
    part = repository.expand(
        session,
        batch,
        segment=json.dumps(batch.segment),
        variables=json.dumps(batch.variables),
        most=PART,
    )
    tell_sender(session, [(delivery_id, batch.channel) for delivery_id in part.made])
    batch.total += part.count
    batch.expanded_after = part.last or batch.expanded_after
    is_whole = part.count < PART
    batch.state = "sending" if is_whole else "expanding"
    message = f"Sending to {batch.total:,}." if is_whole else f"Found {batch.total:,} recipients so far."
    operations.advance(session, batch.operation_id, percent=0, message=message)
    session.flush()
    return not is_whole


def _follow(session: Session, batch: MessageBatch) -> None:
    found = repository.counts(session, [batch.id])[batch.id]
    left = sum(found.get(state, 0) for state in repository.OPEN)
    if left:
        percent = min(99, 100 * (batch.total - left) // max(batch.total, 1))
        message = f"{batch.total - left:,} of {batch.total:,} sent or settled."
        operations.advance(session, batch.operation_id, percent=percent, message=message)
        return
    batch.state, batch.completed_at = "completed", clock.now()
    operations.succeed(session, batch.operation_id, result=_counts(found).model_dump())


def _counts(found: dict[str, int]) -> BatchCounts:
    sent = sum(found.get(state, 0) for state in ("sent", "delivered", "read", "replied"))
    waiting = sum(found.get(state, 0) for state in repository.OPEN)
    return BatchCounts(
        sent=sent, failed=found.get("failed", 0), skipped=found.get("skipped", 0), waiting=waiting
    )

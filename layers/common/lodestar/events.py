"""Events out and in: what happened, told once to whoever subscribed.

`emit` puts an event into the transaction's outbox; `reaction` makes the Lambda handler of a subscriber, which may be
handed the same event any number of times and has its effect once (the inbox row commits with the effect).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar
from urllib.parse import unquote_plus
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text
from sqlalchemy.orm import Session

from lodestar import clock
from lodestar.db import principal_of, work_for
from lodestar.ids import new_id
from lodestar.invocations import Invocation
from lodestar.log import begin_correlation, correlation_id, log, without_values
from lodestar.outbox import PENDING, OutboxRow
from lodestar.principal import NOBODY

Handler = Callable[[Mapping[str, Any], Any], dict[str, Any]]

CLAIM = text(
    """
    INSERT INTO backbone.inbox (event_id, reaction, processed_at) VALUES (:event_id, :reaction, now())
    ON CONFLICT (event_id, reaction) DO UPDATE
      SET processed_at = now(), attempts = inbox.attempts + 1, last_error = NULL
      WHERE inbox.processed_at IS NULL
    RETURNING 1
    """
)
RECORD_FAILURE = text(
    """
    INSERT INTO backbone.inbox (event_id, reaction, last_error) VALUES (:event_id, :reaction, :error)
    ON CONFLICT (event_id, reaction) DO UPDATE
      SET attempts = inbox.attempts + 1, last_error = excluded.last_error
      WHERE inbox.processed_at IS NULL
    """
)


RECORD_RECOVERY = text(
    """
    UPDATE backbone.inbox SET processed_at = now(), attempts = attempts + 1, last_error = NULL
    WHERE event_id = :event_id AND reaction = :reaction AND processed_at IS NULL
    """
)


class Event(BaseModel):
    """Something that happened, in the past tense. Subclasses live in `lodestar.contracts.<domain>`.

    Each is built when it is first used: a function imports all events of a contract, and tells of one.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)
    name: ClassVar[str]
    version: ClassVar[int] = 1


class UnknownVersion(ValueError):
    """An event whose publisher speaks another version than its subscriber."""


E = TypeVar("E", bound=Event)


def emit(session: Session, event: Event) -> UUID:
    """Tell of `event` if, and only if, this transaction commits. Returns the event's id."""
    event_id, org_id, occurred_at = new_id(), principal_of(session).org_id, clock.now()
    detail = {
        "event_id": str(event_id),
        "org_id": str(org_id),
        "version": event.version,
        "occurred_at": occurred_at.isoformat(),
        "correlation_id": correlation_id(),
        "data": event.model_dump(mode="json"),
    }
    pending: list[OutboxRow] = session.info.setdefault(PENDING, [])
    pending.append(OutboxRow(event_id, org_id, event.name, detail, occurred_at))
    return event_id


def reaction(event_type: type[E], react: Callable[[Session, E], None]) -> Handler:
    """The Lambda handler that feeds `react` from the reaction's own queue.

    Each message is one transaction. A message that fails is reported alone, comes again, and ends in the domain's
    dead-letter queue with its last error in the inbox.
    """
    name = f"{react.__module__}.{react.__name__}"

    def take(envelope: Mapping[str, Any]) -> None:
        detail = envelope["detail"]
        begin_correlation(detail.get("correlation_id"))
        _once(
            UUID(detail["org_id"]),
            UUID(detail["event_id"]),
            name,
            lambda session: react(session, _read(event_type, detail)),
        )

    return _queue_consumer(name, take)


def stepwise_reaction(event_type: type[E], react: Callable[[UUID, E], None]) -> Handler:
    """The Lambda handler of a reaction that calls a vendor: `react` gets the organization's id and opens units of
    work of its own, none of them during the call.

    It may run any number of times for one event, whatever it has committed before; its own rows must make the effect
    single, for no inbox row can commit with all of it. A message that fails comes again, as with `reaction`; its error
    stands in the inbox until it succeeds.
    """
    name = f"{react.__module__}.{react.__name__}"

    def take(envelope: Mapping[str, Any]) -> None:
        detail = envelope["detail"]
        begin_correlation(detail.get("correlation_id"))
        org_id = UUID(detail["org_id"])
        _in_steps(org_id, UUID(detail["event_id"]), name, lambda: react(org_id, _read(event_type, detail)))

    return _queue_consumer(name, take)


def _in_steps(org_id: UUID, event_id: UUID, name: str, effect: Callable[[], None]) -> None:
    try:
        effect()
    except Exception as error:
        _record_failure(org_id, event_id, name, error)
        raise
    with work_for(org_id) as session:
        session.execute(RECORD_RECOVERY, {"event_id": event_id, "reaction": name})


def _record_failure(org_id: UUID, event_id: UUID, name: str, error: Exception) -> None:
    reason = without_values(f"{type(error).__name__}: {error}")
    with work_for(org_id) as session:
        session.execute(RECORD_FAILURE, {"event_id": event_id, "reaction": name, "error": reason[:2000]})


@dataclass(frozen=True, slots=True)
class Told:
    """An event of any type, as its publisher told it."""

    event_id: UUID
    name: str
    occurred_at: str
    data: dict[str, Any]


def forwarding_reaction(forward: Callable[[Session, Told], None]) -> Handler:
    """The Lambda handler of a reaction that passes events on, of whichever types its rule lets through."""
    name = f"{forward.__module__}.{forward.__name__}"

    def take(envelope: Mapping[str, Any]) -> None:
        detail = envelope["detail"]
        begin_correlation(detail.get("correlation_id"))
        event_id = UUID(detail["event_id"])
        told = Told(event_id, envelope["detail-type"], detail["occurred_at"], detail["data"])
        _once(UUID(detail["org_id"]), event_id, name, lambda session: forward(session, told))

    return _queue_consumer(name, take)


def _read(event_type: type[E], detail: Mapping[str, Any]) -> E:
    if detail.get("version") != event_type.version:
        raise UnknownVersion(
            f"{event_type.name} of version {detail.get('version')}; known is {event_type.version}"
        )
    return event_type.model_validate(detail["data"])


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object that arrived in the media bucket. Its key begins with `<org_id>/`."""

    org_id: UUID
    key: str
    size: int
    etag: str


def storage_reaction(react: Callable[[Session, StoredObject], None]) -> Handler:
    """The Lambda handler for S3's `Object Created`; storage may tell of one object several times, or out of order."""
    name = f"{react.__module__}.{react.__name__}"

    def take(envelope: Mapping[str, Any]) -> None:
        begin_correlation(envelope.get("id"))
        item = envelope["detail"]["object"]
        key = unquote_plus(item["key"])
        stored = StoredObject(
            UUID(key.partition("/")[0]), key, int(item.get("size", 0)), item.get("etag", "")
        )
        event_id = uuid5(NAMESPACE_URL, f"{key}#{stored.etag}#{item.get('version-id', '')}")
        _once(stored.org_id, event_id, name, lambda session: react(session, stored))

    return _queue_consumer(name, take)


@dataclass(frozen=True, slots=True)
class ServiceEvent:
    """An event of an AWS service as EventBridge has it, in JSON."""

    id: UUID
    body: bytes


def service_reaction(react: Callable[[Session, ServiceEvent], None]) -> Handler:
    """The Lambda handler for what an AWS service tells on the default bus. It belongs to no organization."""
    name = f"{react.__module__}.{react.__name__}"

    def take(envelope: Mapping[str, Any]) -> None:
        begin_correlation(envelope["id"])
        event = ServiceEvent(UUID(envelope["id"]), json.dumps(envelope, sort_keys=True).encode())
        _once(NOBODY, event.id, name, lambda session: react(session, event))

    return _queue_consumer(name, take)


def _once(org_id: UUID, event_id: UUID, name: str, effect: Callable[[Session], None]) -> None:
    try:
        with work_for(org_id) as session:
            if session.scalar(CLAIM, {"event_id": event_id, "reaction": name}) is None:
                log.info("event_already_handled", event_id=str(event_id), reaction=name)
                return
            effect(session)
    except Exception as error:
        _record_failure(org_id, event_id, name, error)
        raise


def _queue_consumer(name: str, take: Callable[[Mapping[str, Any]], None]) -> Handler:
    def handle(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
        failed: list[dict[str, str]] = []
        for record in event["Records"]:
            if not _taken(name, record, take):
                failed.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": failed}

    return handle


def _taken(name: str, record: Mapping[str, Any], take: Callable[[Mapping[str, Any]], None]) -> bool:
    """Whether the message had its effect: one that fails must not take its batch along."""
    begin_correlation(None)
    attempt = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
    with Invocation("reaction", name.rpartition(".")[0], event="reaction", attempt=attempt) as call:
        try:
            envelope = json.loads(record["body"])
            call.fields |= {"event_name": envelope["detail-type"], "event_id": _event_id(envelope)}
            take(envelope)
        except Exception:  # noqa: BLE001 - reported to the queue, which brings it again
            call.status = "failed"
            log.exception("reaction_failed", reaction=name, message_id=record["messageId"])
    return call.status != "failed"


def _event_id(envelope: Mapping[str, Any]) -> str:
    """Of a domain's event, its outbox row's id; of storage's, EventBridge's."""
    return str(envelope["detail"].get("event_id") or envelope.get("id"))

"""R7: the relay under crashes, rivals and refusals: every event reaches the bus, and nothing blocks the others."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, ClassVar

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backbone import relay
from lodestar import aws, events, outbox
from lodestar.db import unit_of_work, work_for
from lodestar.ids import new_id
from lodestar.principal import NO_TENANT
from tests.proof import Proof, size
from tests.security.twins import many_connections, together

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("product")]
EVENTS = size(slice=120, whole=1000)
TOO_LARGE = 300_000


class Tolled(events.Event):
    name: ClassVar[str] = "test.tolled"
    load: str = ""


class Bus:
    """What PutEvents was asked to take, by the events' ids; every seventh entry is refused the first time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, throttling: bool = False) -> None:
        self.taken: Counter[str] = Counter()
        self._throttling, self._seen = throttling, 0
        monkeypatch.setattr(aws, "call", self._put)

    def _put(self, _service: str, _target: str, body: dict[str, Any]) -> dict[str, Any]:
        entries = body["Entries"]
        if sum(len(entry["Detail"]) for entry in entries) > 262_144:
            raise aws.AwsRefused(400, "ValidationException")
        answers = [self._take(entry) for entry in entries]
        return {"FailedEntryCount": sum("ErrorCode" in a for a in answers), "Entries": answers}

    def _take(self, entry: dict[str, str]) -> dict[str, str]:
        self._seen += 1
        if self._throttling and self._seen % 7 == 0:
            return {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}
        event_id = entry["Detail"].partition('"event_id": "')[2][:36]
        self.taken[event_id] += 1
        return {"EventId": event_id}


@pytest.fixture(autouse=True)
def nothing_waits(product: None) -> None:
    """What other tests left is marked as sent."""
    while relay.sweep(older_than_seconds=0)[0]:
        continue


def left_behind(count: int, *, load: str = "") -> list[str]:
    """Events whose publisher died after its commit."""
    with pytest.MonkeyPatch.context() as dying:
        dying.setattr(outbox, "publish", lambda _session: None)
        with work_for(new_id()) as session:
            return [str(events.emit(session, Tolled(load=load))) for _ in range(count)]


def drain() -> None:
    while relay.sweep(older_than_seconds=0)[0]:
        continue


def wrong(sent: Counter[str], wanted: list[str], *, most: int = 1) -> Iterator[str]:
    yield from (
        f"{event_id} {sent[event_id]} times" for event_id in wanted if not 1 <= sent[event_id] <= most
    )


def test_two_relays_at_once_send_each_event_once(proof: Proof, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting, bus = left_behind(EVENTS), Bus(monkeypatch)
    with many_connections(monkeypatch):
        together([drain, drain])
    proof.found("R7", "events swept by two relays at once", tried=EVENTS, wrong=wrong(bus.taken, waiting))


def test_a_relay_that_dies_before_it_marks_sends_again_and_loses_nothing(
    proof: Proof, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, bus = left_behind(EVENTS), Bus(monkeypatch)
    with monkeypatch.context() as dying:
        dying.setattr(relay, "MARK_PUBLISHED", text("SELECT 1 / 0 WHERE :ids IS NOT NULL"))
        with suppress(DBAPIError):
            relay.sweep(older_than_seconds=0)
    proof.control(
        "R7", "events are sent before they are marked", tried=EVENTS, caught=sum(bus.taken.values()),
        note="so a crash repeats them, and the inbox is needed",
    )  # fmt: skip
    drain()
    proof.found("R7", "events of a relay that died", tried=EVENTS, wrong=wrong(bus.taken, waiting, most=2))


def test_entries_that_the_bus_refused_are_sent_again(proof: Proof, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting, bus = left_behind(EVENTS), Bus(monkeypatch, throttling=True)
    drain()
    proof.found(
        "R7", "events of which every seventh entry is refused", tried=EVENTS, wrong=wrong(bus.taken, waiting)
    )


def test_an_event_that_no_bus_takes_is_named_and_blocks_nobody(
    proof: Proof, monkeypatch: pytest.MonkeyPatch
) -> None:
    (huge,) = left_behind(1, load="x" * TOO_LARGE)
    waiting = [*left_behind(EVENTS), *left_behind(12, load="x" * (TOO_LARGE // 3))]
    bus = Bus(monkeypatch)
    drain()
    missing = list(wrong(bus.taken, waiting))
    query = text("SELECT last_error FROM backbone.outbox WHERE id = :id")
    with unit_of_work(NO_TENANT) as session:
        claimed = session.execute(relay.CLAIM, {"wanted": 100, "older_than": 0}).all()
    stuck = [str(row.id) for row in claimed]
    with work_for(claimed[0].org_id) as session:
        reason = session.scalar(query, {"id": huge})
    if stuck != [huge] or "300," not in str(reason):
        missing.append(f"left: {stuck}, because {reason}")
    proof.found("R7", "events next to one that is too large", tried=len(waiting) + 1, wrong=missing)
    with work_for(claimed[0].org_id) as session:
        session.execute(text("DELETE FROM backbone.outbox WHERE id = :id"), {"id": huge})

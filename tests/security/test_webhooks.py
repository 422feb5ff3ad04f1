"""R1: vendors' webhooks, doubled, shuffled, at once, with crashes; and those that no vendor made."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from lodestar import clock
from lodestar.adapters.email.sendgrid_events import EventWebhook
from lodestar.adapters.email.ses_events import SesEvents
from lodestar.adapters.whatsapp.aisensy_events import AiSensyWebhook
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.principal import NOBODY
from messaging.reactions import inbound_received
from messaging.repository import inbound as repository
from messaging.rules import inbound as rules
from messaging.service import webhooks
from tests import bus
from tests.factories.identity import an_organization
from tests.messaging.telling import SIGNER, Bolna, raw, sendgrid, sent_deliveries, telling
from tests.proof import Proof, generator, size
from tests.security.twins import many_connections
from tests.security.vendor_stories import (
    KINDS_OF_FORGERIES,
    STORIES,
    Told,
    Traffic,
    forgeries,
    post,
    traffic,
)

pytestmark = [pytest.mark.usefixtures("product"), pytest.mark.proof]
CALLS = size(slice=300, whole=10_000)
FORGED = size(slice=150, whole=1_000)
SMALL = size(slice=90, whole=300)
THREADS = 4
CRASHES, AGAIN = 0.05, 0.3
MOST_ROUNDS = 20
REPLIES = tuple(story for story in STORIES if "reply" in story.kinds)


class Crash(Exception):
    """The handler's process is gone."""


@pytest.fixture
def bolna(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bolna]:
    with telling(monkeypatch) as made, many_connections(monkeypatch):
        monkeypatch.setattr(webhooks, "UNSIGNED_PER_MINUTE", 10**6)
        yield made


def at_once(work: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do it all, THREADS at a time."""

    def run(one: Callable[[], Any]) -> Any:
        asyncio.set_event_loop(asyncio.new_event_loop())
        try:
            return one()
        finally:
            asyncio.get_event_loop().close()

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(run, work))


class Queue:
    """What feeds the reaction: some messages twice, some runs crash before or after a commit, failed ones again."""

    def __init__(self, random: Random, *, crashes: float = CRASHES) -> None:
        self._random, self._crashes, self._local = random, crashes, threading.local()
        self.crashed = 0

    def drain(self, messages: list[dict[str, Any]]) -> None:
        event.listen(Session, "before_commit", self._crash)
        event.listen(Session, "after_commit", self._crash)
        try:
            for _ in range(MOST_ROUNDS):
                if not messages:
                    return
                repeated = [one for one in messages if self._random.random() < AGAIN]
                work = messages + repeated
                self._random.shuffle(work)
                fates = [
                    self._random.randint(1, 4) if self._random.random() < self._crashes else 0 for _ in work
                ]
                ended = at_once([partial(self._take, *one) for one in zip(work, fates, strict=True)])
                failed = {id(m): m for m, ok in zip(work, ended, strict=True) if not ok}
                messages = list(failed.values())
            raise AssertionError(f"{len(messages)} messages fail in {MOST_ROUNDS} rounds")
        finally:
            event.remove(Session, "before_commit", self._crash)
            event.remove(Session, "after_commit", self._crash)

    def _take(self, message: dict[str, Any], fate: int) -> bool:
        self._local.left = fate
        answer = inbound_received.handler(bus.queue_event(message), None)
        return answer == {"batchItemFailures": []}

    def _crash(self, _session: Session) -> None:
        left = getattr(self._local, "left", 0)
        self._local.left = left - 1
        if left == 1:
            self.crashed += 1
            raise Crash


def received(seen: set[str]) -> list[dict[str, Any]]:
    """The events of kept calls that were not handed out yet."""
    new = [e for e in bus.emitted(NOBODY, "messaging.inbound_received") if e["event_id"] not in seen]
    seen.update(e["event_id"] for e in new)
    return new


def run(made: Traffic, random: Random, *, crashes: float = CRASHES) -> list[int]:
    """Post everything and read it; the statuses."""
    seen = set[str]()
    received(seen)
    statuses = [a.status for a in at_once([partial(post, *c) for c in made.calls])]
    Queue(random, crashes=crashes).drain(received(seen))
    return statuses


def found(told: Sequence[Told]) -> dict[UUID, Any]:
    """What is kept of each delivery: state, reason, events, suppressions, and what was told of it."""
    rows = dict[UUID, Any]()
    for org_id in {one.org_id for one in told}:
        with work_for(org_id) as session:
            query = """
                SELECT d.id, d.state, d.reason,
                  (SELECT count(*) FROM messaging.delivery_events AS e WHERE e.delivery_id = d.id) AS events,
                  (SELECT array_agg(s.reason) FROM messaging.suppressions AS s WHERE s.address = d.address) AS stopped
                FROM messaging.deliveries AS d
            """
            rows |= {row.id: row for row in session.execute(text(query))}
    return rows


def emitted(told: Sequence[Told]) -> Counter[tuple[str, str]]:
    """How often each end and reply of a delivery was told."""
    count = Counter[tuple[str, str]]()
    for org_id in {one.org_id for one in told}:
        for one in bus.emitted(org_id, "messaging.delivery_settled"):
            count[one["data"]["delivery_id"], one["data"]["state"]] += 1
        for one in bus.emitted(org_id, "messaging.message_replied"):
            count[one["data"]["delivery_id"], "reply"] += 1
    return count


def wrong(told: Sequence[Told]) -> Iterator[str]:
    """Where the product differs from the stories, told in order."""
    rows, effects = found(told), emitted(told)
    for one in told:
        row, story = rows[one.delivery_id], one.story
        if (row.state, row.reason) != (story.state, story.reason):
            yield f"{story.kinds}: {row.state} {row.reason}"
        if row.events != one.events:
            yield f"{story.kinds}: {row.events} events"
        if (row.stopped or []) != ([story.suppressed] if story.suppressed else []):
            yield f"{story.kinds}: suppressed {row.stopped}"
        if effects[str(one.delivery_id), story.state] != 1:
            yield f"{story.kinds}: {story.state} told {effects[str(one.delivery_id), story.state]} times"
        if effects[str(one.delivery_id), "reply"] != ("reply" in story.kinds):
            yield f"{story.kinds}: {effects[str(one.delivery_id), 'reply']} replies told"


def test_states_equal_the_ordered_story_whatever_the_order_and_the_crashes(
    proof: Proof, bolna: Bolna
) -> None:
    random = generator("R1:stories")
    made = traffic(random, [an_organization() for _ in range(3)], calls=CALLS, duplicates=0.3, bolna=bolna)
    statuses = run(made, random)
    refused = [f"answered {status}" for status in statuses if status != 204]
    proof.found(
        "R1", "webhooks, 30 % of them again, shuffled, at once, 5 % crashes", tried=len(made.calls),
        wrong=[*refused, *wrong(made.told)],
    )  # fmt: skip


def test_a_replay_days_later_changes_nothing(
    proof: Proof, bolna: Bolna, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = generator("R1:replay")
    made = traffic(random, [an_organization()], calls=SMALL, duplicates=0, bolna=bolna)
    run(made, random)
    before, told_before = found(made.told), emitted(made.told)
    later = clock.now() + timedelta(hours=71)
    headers = [(body, SIGNER.headers(b"[]")) for vendor, body in made.calls if vendor == "sendgrid"]
    monkeypatch.setattr(clock, "now", lambda: later)
    refused = [raw("sendgrid", "[]", old).status for _, old in headers]
    seen = set[str]()
    received(seen)
    for vendor, body in made.calls:
        if vendor == "sendgrid":
            refused.append(401 if sendgrid(*body, timestamp=int(later.timestamp())).status == 204 else 0)
        else:
            post(vendor, body)
    Queue(random).drain(received(seen))
    changed = [str(one) for one in before if found(made.told)[one] != before[one]]
    changed += [] if emitted(made.told) == told_before else ["something was told again"]
    changed += [f"answered {status}" for status in refused if status != 401]
    proof.found(
        "R1", "webhooks replayed 71 hours later, signed anew or not", tried=len(made.calls), wrong=changed
    )


def accepted(random: Random, victims: list[tuple[UUID, UUID]], count: int) -> list[str]:
    """Forgeries that were kept as their vendor's, or had an effect."""
    seen = set[str]()
    received(seen)
    taken = [
        f"forgery {nth} answered {answer.status}"
        for nth, answer in enumerate(at_once(list(forgeries(random, [v for _, v in victims], count))))
        if answer.status != 401
        and not (answer.status == 204 and nth % KINDS_OF_FORGERIES == KINDS_OF_FORGERIES - 1)
    ]
    Queue(random, crashes=0).drain(received(seen))
    for org_id, delivery_id in victims:
        with work_for(org_id) as session:
            query = "SELECT state FROM messaging.deliveries WHERE id = :id"
            state = session.scalar(text(query), {"id": delivery_id})
        if state != "sent":
            taken.append(f"{delivery_id} is {state}")
    return taken


def victims() -> list[tuple[UUID, UUID]]:
    org_id = an_organization()
    return [(org_id, one) for channel in ("email", "whatsapp") for one in sent_deliveries(org_id, channel, 5)]


@pytest.mark.usefixtures("bolna")
def test_nothing_that_no_vendor_made_is_accepted(proof: Proof) -> None:
    taken = accepted(generator("R1:forged"), victims(), FORGED)
    proof.found(
        "R1", "forged, tampered, stale, future-dated, of a wrong secret or account", tried=FORGED, wrong=taken
    )


@pytest.mark.usefixtures("bolna")
def test_without_the_signatures_check_forgeries_are_accepted(
    proof: Proof, monkeypatch: pytest.MonkeyPatch
) -> None:
    for webhook in (EventWebhook, AiSensyWebhook, SesEvents):
        monkeypatch.setattr(webhook, "verify", lambda *_, **__: None)
    taken = accepted(generator("R1:forged"), victims(), 60)
    proof.control("R1", "signatures are not checked", tried=60, caught=len(taken))


def test_without_the_inbox_effects_are_doubled(
    proof: Proof, bolna: Bolna, monkeypatch: pytest.MonkeyPatch
) -> None:
    add, keep = repository.add_new, repository.keep

    def all_new(session: Session, matched: Sequence[repository.Matched]) -> set[tuple[UUID, str]]:
        add(session, matched)
        return {(one.delivery_id, one.event.vendor_event_id) for one in matched}

    monkeypatch.setattr(repository, "add_new", all_new)
    monkeypatch.setattr(
        repository, "keep", lambda session, **call: keep(session, **{**call, "event_key": str(new_id())})
    )
    random = generator("R1:inbox")
    made = traffic(random, [an_organization()], calls=SMALL, duplicates=0.3, bolna=bolna, stories=REPLIES)
    run(made, random, crashes=0)
    proof.control(
        "R1", "what was told before has its effect again", tried=SMALL, caught=len(list(wrong(made.told)))
    )


def test_without_the_order_of_states_they_do_not_converge(
    proof: Proof, bolna: Bolna, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "furthest", lambda told, **_: told[-1] if told else None)
    random = generator("R1:order")
    made = traffic(random, [an_organization()], calls=SMALL, duplicates=0.3, bolna=bolna)
    run(made, random, crashes=0)
    proof.control("R1", "the last word wins", tried=SMALL, caught=len(list(wrong(made.told))))

"""R7 of messaging: every reaction that makes, sends or reads messages, under poison and messages that come twice."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from backbone import redrive
from lodestar import events
from lodestar.config import settings
from lodestar.db import work_for
from lodestar.events import Event
from lodestar.log import correlation_id
from lodestar.principal import NOBODY
from messaging.models.deliveries import Delivery
from messaging.repository import deliveries
from tests.factories.identity import an_organization
from tests.messaging.receiving import Receiver, receiver
from tests.messaging.telling import CONFIGURATION_SET
from tests.proof import Proof, generator, size
from tests.resilience.flows import FLOWS, Flow, Message, Where, bodies
from tests.resilience.letters import Queues
from tests.simulators.running import Simulators

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("product")]
MESSAGES = size(slice=60, whole=1000)
POISON = MESSAGES // 20
AGAIN = 0.1
BUG = "no day in February"
REASONS = {"version": "UnknownVersion", "field": "Field required", "bug": BUG}
"""What is wrong with a message, or with what takes it, and what a person reads about it."""
flows = pytest.mark.parametrize("flow", FLOWS, ids=str)


@pytest.fixture
def theirs(
    queues: Queues, simulators: Simulators, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Receiver]:
    """The vendors, the organization's own system, and a queue before the reaction."""
    monkeypatch.setenv("SES_CONFIGURATION_SET", CONFIGURATION_SET)
    settings.cache_clear()
    simulators.order("sendgrid", time_factor=10)
    with receiver(tmp_path, monkeypatch) as made:
        yield made


class Bad:
    """Which messages are wrong how; `mend` makes all of them right."""

    def __init__(
        self, flow: Flow, messages: list[Message], random: Random, patch: pytest.MonkeyPatch
    ) -> None:
        kinds = list(REASONS) if flow.is_typed else ["bug"]
        places = sorted(random.sample(range(len(messages)), POISON))
        self.kinds = {place: kinds[nth % len(kinds)] for nth, place in enumerate(places)}
        self._whole = {
            self._id(messages[place]): messages[place].get("data")
            for place, kind in self.kinds.items()
            if kind != "bug"
        }
        self._buggy = {self._correlation(messages[p]) for p, kind in self.kinds.items() if kind == "bug"}
        self._patch = patch
        module, name = flow.step
        step: Callable[..., Any] = getattr(module, name)

        def buggy(*given: Any, **named: Any) -> Any:
            if correlation_id() in self._buggy:
                raise ValueError(BUG)
            return step(*given, **named)

        patch.setattr(module, name, buggy)

    def spoiled(self, message: Message, place: int) -> Message:
        match self.kinds.get(place):
            case "version":
                return {**message, "version": 2}
            case "field":
                return {**message, "data": {}}
        return message

    def mend(self) -> None:
        """A deployment knows the new version, has the field, and lacks the bug."""
        self._buggy.clear()
        read = events._read

        def knowing(event_type: type[Event], detail: Mapping[str, Any]) -> Event:
            data = self._whole.get(detail["event_id"])
            return read(event_type, detail) if data is None else event_type.model_validate(data)

        self._patch.setattr(events, "_read", knowing)

    @staticmethod
    def _id(message: Message) -> str:
        return str(message.get("event_id") or message["id"])

    @staticmethod
    def _correlation(message: Message) -> str:
        return str(message.get("correlation_id") or message["id"])


def reasons(flow: Flow, messages: list[Message]) -> dict[str, str]:
    """What the inbox says of messages that had no effect, by the event's id."""
    query = text(
        "SELECT event_id, last_error FROM backbone.inbox WHERE processed_at IS NULL AND reaction LIKE :name"
    )
    found = dict[str, str]()
    for org_id in {UUID(one.get("org_id", str(NOBODY))) for one in messages}:
        with work_for(org_id) as session:
            rows = session.execute(query, {"name": f"messaging.reactions.{flow.name}.%"})
            found |= {str(row.event_id): row.last_error or "" for row in rows}
    ids = {Bad._id(one) for one in messages}
    return {event_id: error for event_id, error in found.items() if event_id in ids}


def sent_through(
    flow: Flow, queues: Queues, where: Where, patch: pytest.MonkeyPatch, handler: Any = None
) -> tuple[list[Message], Bad, int, int]:
    """The messages, what is wrong with some, how many came (some of the good come twice), and how many were done."""
    random = generator(f"R7:messaging:{flow.name}")
    messages = flow.make(where, MESSAGES)
    bad = Bad(flow, messages, random, patch)
    arriving = [bad.spoiled(one, place) for place, one in enumerate(messages)]
    good = [one for place, one in enumerate(messages) if place not in bad.kinds]
    again = random.sample(good, int(len(good) * AGAIN))
    arriving += again
    random.shuffle(arriving)
    queues.send_bodies(bodies(arriving))
    return messages, bad, len(good) + len(again), queues.work_off(handler or flow.handler)


@flows
def test_the_good_are_done_and_the_bad_are_named_and_come_back_once_mended(
    proof: Proof, queues: Queues, theirs: Receiver, monkeypatch: pytest.MonkeyPatch, flow: Flow
) -> None:
    where = Where(an_organization(), theirs.url)
    messages, bad, came, done = sent_through(flow, queues, where, monkeypatch)
    good = MESSAGES - POISON
    effects = flow.count(where)
    proof.found(
        "R7", f"{flow.name}: {MESSAGES:,} messages, {POISON} of them poison, a tenth of the others twice", tried=good,
        wrong=[f"{done} of {came} done, {effects} effects"] * ((done, effects) != (came, good)),
    )  # fmt: skip
    why = reasons(flow, messages)
    unnamed = [
        f"{kind}: {why.get(Bad._id(messages[place]))}"
        for place, kind in bad.kinds.items()
        if REASONS[kind] not in why.get(Bad._id(messages[place]), "")
    ]
    unnamed += [f"{queues.letters()} letters"] * (queues.letters() != POISON)
    proof.found("R7", f"{flow.name}: dead letters, each with a reason", tried=POISON, wrong=unnamed)

    bad.mend()
    assert redrive.handler({"domain": "messaging"}, None) == {"redriven": POISON, "left": 0}
    queues.work_off(flow.handler)
    left = [f"{event_id} {error}" for event_id, error in reasons(flow, messages).items()]
    left += [f"{flow.count(where)} effects"] * (flow.count(where) != MESSAGES)
    left += [f"{queues.letters()} letters"] * (queues.letters() != 0)
    proof.found("R7", f"{flow.name}: letters sent back and done once mended", tried=POISON, wrong=left)


def flow_of(name: str) -> Flow:
    return next(flow for flow in FLOWS if flow.name == name)


@pytest.mark.parametrize("name", ["deliveries_queued", "inbound_received"])
def test_control_without_reports_of_single_failures_the_good_come_again_with_the_bad(
    proof: Proof, queues: Queues, theirs: Receiver, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    flow = flow_of(name)

    def whole_batches(event: dict[str, Any], context: Any) -> dict[str, Any]:
        failed = flow.handler(event, context)["batchItemFailures"]
        everyone = [{"itemIdentifier": record["messageId"]} for record in event["Records"]]
        return {"batchItemFailures": everyone if failed else []}

    where = Where(an_organization(), theirs.url)
    _, _, came, done = sent_through(flow, queues, where, monkeypatch, whole_batches)
    proof.control("R7", f"{name}: batches fail as a whole", tried=came, caught=came - done)


def test_control_without_the_record_of_failures_letters_have_no_reason(
    proof: Proof, queues: Queues, theirs: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_record_failure", lambda *_: None)
    flow = flow_of("message_requested")
    messages, bad, _, _ = sent_through(flow, queues, Where(an_organization(), theirs.url), monkeypatch)
    why = reasons(flow, messages)
    proof.control("R7", "failures are not recorded", tried=POISON, caught=len(bad.kinds) - len(why))


def test_control_without_the_record_of_success_what_was_mended_still_counts_as_failed(
    proof: Proof, queues: Queues, theirs: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reaction in steps once recorded its failures only, and the runbook's query found them for good."""
    nothing = text("SELECT 1 WHERE CAST(:event_id AS uuid) IS NOT NULL AND :reaction <> ''")
    monkeypatch.setattr(events, "RECORD_RECOVERY", nothing)
    flow = flow_of("batch_continued")
    messages, bad, _, _ = sent_through(flow, queues, Where(an_organization(), theirs.url), monkeypatch)
    bad.mend()
    redrive.handler({"domain": "messaging"}, None)
    queues.work_off(flow.handler)
    proof.control("R7", "successes are not recorded", tried=POISON, caught=len(reasons(flow, messages)))


def test_control_without_a_look_at_the_state_what_comes_twice_is_sent_twice(
    proof: Proof, queues: Queues, theirs: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take(session: Session, ids: Iterable[UUID], **_: Any) -> Sequence[Delivery]:
        return session.scalars(select(Delivery).where(Delivery.id.in_(set(ids))).with_for_update()).all()

    monkeypatch.setattr(deliveries, "take", take)
    flow, where = flow_of("deliveries_queued"), Where(an_organization(), theirs.url)
    sent_through(flow, queues, where, monkeypatch)
    doubled = flow.count(where) - (MESSAGES - POISON)
    proof.control("R7", "deliveries_queued: sent whatever its state", tried=MESSAGES, caught=doubled)

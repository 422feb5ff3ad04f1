"""R7: a reaction's queue under poison, duplicates and strangers; the relay under crashes and refusals."""

import json
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from backbone import redrive
from lodestar import events
from lodestar.contracts.learning import StarAwarded
from lodestar.db import work_for
from lodestar.ids import new_id
from messaging.reactions import star_awarded
from tests.bus import queue_event
from tests.factories.identity import a_person, an_organization
from tests.proof import Proof, generator, size
from tests.resilience.letters import Queues
from tests.security.twins import many_connections, together

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("product")]
MESSAGES = size(slice=60, whole=1000)
POISON = MESSAGES // 20
WORKERS = size(slice=6, whole=10)
DUPLICATED = size(slice=5, whole=100)
REASONS = {
    "version": "UnknownVersion",
    "field": "Field required",
    "learner": "notifications_recipient_id_fkey",
}
"""What is wrong with a poisoned message, and what a person reads about it."""


def a_star(org_id: UUID, learner_id: UUID, **detail: Any) -> dict[str, Any]:
    """The event of a star, as subscribers get it; `detail` wins."""
    data = {
        "enrollment_id": str(new_id()),
        "learner_id": str(learner_id),
        "program_id": str(new_id()),
        "star": 1,
        "tier": None,
        "by_override": False,
    }
    usual = {"event_id": str(new_id()), "org_id": str(org_id), "version": 1, "correlation_id": "test"}
    return {"name": StarAwarded.name, **usual, "data": data, **detail}


def poisoned(star: dict[str, Any], kind: str) -> dict[str, Any]:
    if kind == "version":
        return {**star, "version": 2}
    if kind == "learner":
        return {**star, "data": {**star["data"], "learner_id": str(new_id())}}
    return {**star, "data": {name: value for name, value in star["data"].items() if name != "star"}}


def count(org_id: UUID, query: str) -> int:
    with work_for(org_id) as session:
        return int(session.scalar(text(query)) or 0)


def notifications(org_id: UUID) -> int:
    return count(org_id, "SELECT count(*) FROM messaging.notifications")


def inbox(org_id: UUID) -> list[Any]:
    with work_for(org_id) as session:
        return list(
            session.execute(text("SELECT event_id, processed_at, attempts, last_error FROM backbone.inbox"))
        )


def test_the_good_are_done_and_the_bad_are_named_and_come_back_once_mended(
    proof: Proof, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    org_id = an_organization()
    learner_id = a_person(org_id).user_id
    stars = [a_star(org_id, learner_id) for _ in range(MESSAGES)]
    bad = {at: list(REASONS)[at % 3] for at in generator("R7:poison").sample(range(MESSAGES), POISON)}
    queues.send([poisoned(star, bad[at]) if at in bad else star for at, star in enumerate(stars)])
    done = queues.work_off(star_awarded.handler)
    good = MESSAGES - POISON
    proof.found(
        "R7", f"batches with {POISON} poisoned of {MESSAGES:,}: the others are done, once", tried=good,
        wrong=[f"{done} done, {notifications(org_id)} told"] * ((done, notifications(org_id)) != (good, good)),
    )  # fmt: skip
    reasons = {row.event_id: row.last_error or "" for row in inbox(org_id) if row.processed_at is None}
    unnamed = [
        f"{kind}: {reasons.get(UUID(stars[at]['event_id']))}"
        for at, kind in bad.items()
        if REASONS[kind] not in reasons.get(UUID(stars[at]["event_id"]), "")
    ]
    unnamed += [f"{queues.letters()} letters"] * (queues.letters() != POISON)
    proof.found("R7", "dead letters, each with a reason in the inbox", tried=POISON, wrong=unnamed)

    assert redrive.handler({"domain": "messaging"}, None) == {"redriven": POISON, "left": 0}
    monkeypatch.setattr(events, "_read", mended(learner_id))
    queues.work_off(star_awarded.handler)
    left = [row for row in inbox(org_id) if row.processed_at is None or row.last_error]
    told = notifications(org_id)
    proof.found("R7", "letters sent back and done once mended", tried=POISON,
                wrong=[*left, *[f"{told} told"] * (told != MESSAGES), *["letters"] * (queues.letters() != 0)])  # fmt: skip


def mended(learner_id: UUID) -> Any:
    """What a deployment reads that knows the new version, and the learner."""

    def read(_type: object, detail: Mapping[str, Any]) -> StarAwarded:
        return StarAwarded.model_validate({"star": 1, **detail["data"], "learner_id": learner_id})

    return read


def test_control_without_reports_of_single_failures_the_good_come_again_with_the_bad(
    proof: Proof, queues: Queues
) -> None:
    org_id = an_organization()
    learner_id = a_person(org_id).user_id
    stars = [a_star(org_id, learner_id) for _ in range(20)]
    queues.send([poisoned(star, "version") if at == 0 else star for at, star in enumerate(stars)])

    def whole_batches(event: dict[str, Any], context: Any) -> dict[str, Any]:
        failed = star_awarded.handler(event, context)["batchItemFailures"]
        everyone = [{"itemIdentifier": record["messageId"]} for record in event["Records"]]
        return {"batchItemFailures": everyone if failed else []}

    done = queues.work_off(whole_batches)
    proof.control("R7", "batches fail as a whole", tried=19, caught=19 - done)


class Rang(events.Event):
    name: ClassVar[str] = "test.rang"
    bell: str


def ring(session: Session, event: Rang) -> None:
    """An effect that nothing but the inbox keeps from happening twice."""
    counting = """
    INSERT INTO backbone.rate_buckets AS held (bucket, tokens) VALUES (:bell, 1)
    ON CONFLICT (org_id, bucket) DO UPDATE SET tokens = held.tokens + 1
    """
    session.execute(text(counting), {"bell": event.bell})


RINGING = events.reaction(Rang, ring)


def a_ring(org_id: UUID, **detail: Any) -> dict[str, Any]:
    usual = {"event_id": str(new_id()), "org_id": str(org_id), "version": 1, "correlation_id": "test"}
    return {"name": Rang.name, **usual, "data": {"bell": str(new_id())}, **detail}


def rung(org_id: UUID) -> Counter[int]:
    with work_for(org_id) as session:
        return Counter(
            int(row.tokens) for row in session.execute(text("SELECT tokens FROM backbone.rate_buckets"))
        )


def at_once(rings: list[dict[str, Any]]) -> int:
    """Give each message to several workers at the same time; how many times a worker failed."""
    failures = 0
    for one in rings:
        answers = together([partial(RINGING, queue_event(one), None)] * WORKERS)
        failures += sum(bool(answer["batchItemFailures"]) for answer in answers)
    return failures


def test_a_message_at_several_workers_at_once_has_one_effect(
    proof: Proof, monkeypatch: pytest.MonkeyPatch
) -> None:
    org_id = an_organization()
    with many_connections(monkeypatch):
        failures = at_once([a_ring(org_id) for _ in range(DUPLICATED)])
    wrong = [*["a worker failed"] * failures, *[f"{n} times" for n in rung(org_id) if n != 1]]
    proof.found("R7", f"a message at {WORKERS} workers at once", tried=DUPLICATED * WORKERS, wrong=wrong)
    assert rung(org_id) == {1: DUPLICATED}


def test_control_without_the_inbox_it_has_several(proof: Proof, monkeypatch: pytest.MonkeyPatch) -> None:
    org_id = an_organization()
    monkeypatch.setattr(
        events, "CLAIM", text("SELECT 1 WHERE CAST(:event_id AS uuid) IS NOT NULL AND :reaction <> ''")
    )
    with many_connections(monkeypatch):
        at_once([a_ring(org_id) for _ in range(DUPLICATED)])
    often = sum(many for times, many in rung(org_id).items() if times > 1)
    proof.control("R7", "no inbox", tried=DUPLICATED, caught=often)


STRANGERS: dict[str, Any] = {
    "not JSON": "<xml/>",
    "a list": [],
    "a number": 7,
    "empty": {},
    "no detail": {"detail-type": Rang.name},
    "detail is null": {"detail-type": Rang.name, "detail": None},
    "no organization": {
        "detail-type": Rang.name,
        "detail": {"event_id": str(new_id()), "data": {"bell": "x"}},
    },
    "an organization that is no id": {
        "detail-type": Rang.name,
        "detail": {"event_id": str(new_id()), "org_id": "riverside", "data": {"bell": "x"}},
    },
    "another service's": {
        "source": "aws.health",
        "detail-type": "AWS Health Event",
        "detail": {"service": "EC2"},
    },
}


def test_strangers_in_a_batch_fail_alone(proof: Proof) -> None:
    org_id = an_organization()
    batch = queue_event(*[a_ring(org_id) for _ in STRANGERS])
    bodies = [body if isinstance(body, str) else json.dumps(body) for body in STRANGERS.values()]
    strange = [{"messageId": name, "body": body} for name, body in zip(STRANGERS, bodies, strict=True)]
    mixed = [record for pair in zip(batch["Records"], strange, strict=True) for record in pair]
    failed = {f["itemIdentifier"] for f in RINGING({"Records": mixed}, None)["batchItemFailures"]}
    wrong = [*(STRANGERS.keys() ^ failed), *[f"{n} times" for n in rung(org_id) if n != 1]]
    proof.found("R7", "messages of unknown shape", tried=len(STRANGERS), wrong=wrong)
    assert rung(org_id) == {1: len(STRANGERS)}


def test_a_message_for_an_organization_that_is_gone_reaches_nobody_and_a_huge_one_is_done(
    proof: Proof,
) -> None:
    org_id = an_organization()
    for_nobody = a_star(new_id(), a_person(org_id).user_id)
    huge = a_ring(org_id)
    huge["data"] |= {"unknown": "x" * 250_000}
    answers = [star_awarded.handler(queue_event(for_nobody), None), RINGING(queue_event(huge), None)]
    wrong = [answer for answer in answers if answer["batchItemFailures"]]
    wrong += [{"told": notifications(org_id)}] * notifications(org_id)
    proof.found("R7", "messages for an organization that is gone, and huge ones", tried=2, wrong=wrong)
    assert rung(org_id) == {1: 1}

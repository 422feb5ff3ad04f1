"""The relay publishes what a dead publisher left, and only that."""

import json
from collections.abc import Iterator
from typing import Any, ClassVar
from uuid import UUID

import boto3
import pytest
from sqlalchemy import text

from backbone import relay
from lodestar import aws, events, outbox
from lodestar.config import settings
from lodestar.db import work_for
from lodestar.ids import new_id

pytestmark = pytest.mark.usefixtures("product")


class Rang(events.Event):
    name: ClassVar[str] = "test.rang"
    number: int


def ring(org_id: UUID, *numbers: int) -> None:
    with work_for(org_id) as session:
        for number in numbers:
            events.emit(session, Rang(number=number))


@pytest.fixture
def crashed(monkeypatch: pytest.MonkeyPatch) -> Iterator[UUID]:
    """An organization whose publisher died between commit and publish, of events 1 to 3, after an earlier 0."""
    org_id = new_id()
    ring(org_id, 0)
    with monkeypatch.context() as dying:
        dying.setattr(outbox, "publish", lambda _session: None)
        ring(org_id, 1, 2, 3)
    yield org_id
    relay.sweep(older_than_seconds=0)


@pytest.fixture
def subscriber() -> Iterator[Any]:
    """A queue that a rule fills with what the bus gets; call it for the numbers that came."""
    sqs, bridge, name = boto3.client("sqs"), boto3.client("events"), f"relay-{new_id()}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    where = {"EventBusName": settings().event_bus_name, "Rule": name}
    bridge.put_rule(
        Name=name,
        EventBusName=settings().event_bus_name,
        EventPattern=json.dumps({"detail-type": [Rang.name]}),
    )
    bridge.put_targets(**where, Targets=[{"Id": "queue", "Arn": arn}])

    def numbers() -> list[int]:
        found: list[int] = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [json.loads(m["Body"])["detail"]["data"]["number"] for m in messages]
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return sorted(found)

    yield numbers
    bridge.remove_targets(**where, Ids=["queue"])
    bridge.delete_rule(Name=name, EventBusName=settings().event_bus_name)


def rows(org_id: UUID) -> list[Any]:
    query = "SELECT published_at, attempts, last_error, detail FROM backbone.outbox ORDER BY occurred_at, id"
    with work_for(org_id) as session:
        return list(session.execute(text(query)))


def test_exactly_the_events_that_a_crash_left_are_published_once(subscriber: Any, crashed: UUID) -> None:
    assert subscriber() == [0]
    assert relay.sweep(older_than_seconds=0)[0] >= 3
    assert subscriber() == [1, 2, 3]
    assert relay.sweep(older_than_seconds=0) == (0, 0)
    assert subscriber() == []
    assert all(row.published_at for row in rows(crashed))


def test_young_events_are_left_to_the_invocation_that_made_them(subscriber: Any, crashed: UUID) -> None:
    subscriber()
    relay.handler({}, None)
    assert subscriber() == []


def test_a_bus_that_cannot_be_reached_loses_nothing(
    subscriber: Any, crashed: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_call: object) -> Any:
        raise aws.AwsUnreachable("ConnectError")

    subscriber()
    with monkeypatch.context() as down:
        down.setattr(aws, "call", unreachable)
        published, failed = relay.sweep(older_than_seconds=0)
    assert published == 0
    assert failed >= 3
    waiting = [row for row in rows(crashed) if row.published_at is None]
    assert [(row.attempts, "ConnectError" in row.last_error) for row in waiting] == [(1, True)] * 3
    relay.sweep(older_than_seconds=0)
    assert subscriber() == [1, 2, 3]


def test_an_entry_that_the_bus_refuses_is_sent_again_and_the_others_are_not(
    crashed: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as picky:
        picky.setattr(aws, "call", refusing(2))
        relay.sweep(older_than_seconds=0)
    waiting = [row for row in rows(crashed) if row.published_at is None]
    assert [(row.detail["data"]["number"], row.attempts) for row in waiting] == [(2, 1)]
    assert relay.sweep(older_than_seconds=0) == (1, 0)


def refusing(number: int) -> Any:
    """A bus that takes all entries of a call but this one."""
    ask = aws.call

    def call(service: str, target: str, body: dict[str, Any]) -> dict[str, Any]:
        entries = body["Entries"]
        bad = [at for at, e in enumerate(entries) if json.loads(e["Detail"])["data"]["number"] == number]
        taken = [entry for at, entry in enumerate(entries) if at not in bad]
        answers = ask(service, target, {"Entries": taken})["Entries"] if taken else []
        for at in bad:
            answers.insert(at, {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"})
        return {"FailedEntryCount": len(bad), "Entries": answers}

    return call


def test_what_has_expired_is_forgotten() -> None:
    org_id = new_id()
    insert = "INSERT INTO backbone.rate_buckets (bucket, tokens, filled_at) VALUES ('x', 1, now() - interval '2 days')"
    with work_for(org_id) as session:
        session.execute(text(insert))
    assert relay.forget()["forgotten_rate_buckets"] >= 1
    with work_for(org_id) as session:
        assert session.scalar(text("SELECT count(*) FROM backbone.rate_buckets")) == 0

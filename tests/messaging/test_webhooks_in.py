"""Vendors' webhooks: proved, kept once, read afterwards; states converge, addresses are suppressed, replies are told."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.principal import NOBODY
from messaging.schedules import webhooks_due
from simulators.sendgrid.signing import Signer
from tests import bus
from tests.factories.identity import an_organization
from tests.gateway import post
from tests.messaging.telling import (
    WEBHOOKS,
    Bolna,
    aisensy,
    aisensy_signature,
    bolna_hint,
    email_event,
    execution,
    seconds_ago,
    sendgrid,
    sent_deliveries,
    telling,
    whatsapp_reply,
    whatsapp_status,
)

pytestmark = pytest.mark.usefixtures("product")
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def bolna(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bolna]:
    with telling(monkeypatch) as made:
        yield made


@pytest.fixture
def org_id(bolna: Bolna) -> UUID:
    return an_organization()


def rows(org_id: UUID, query: str, **parameters: Any) -> list[Any]:
    with work_for(org_id) as session:
        return list(session.execute(text(query), parameters))


def state_of(org_id: UUID, delivery_id: UUID) -> tuple[str, str | None]:
    query = "SELECT state, reason FROM messaging.deliveries WHERE id = :id"
    [row] = rows(org_id, query, id=delivery_id)
    return row.state, row.reason


def inbox(vendor: str, body: Any) -> list[Any]:
    """The kept calls of this body."""
    query = "SELECT state, last_error, attempts FROM messaging.inbound_events WHERE vendor = :vendor AND body = :body"
    return rows(NOBODY, query, vendor=vendor, body=json.dumps(body).encode())


def told(org_id: UUID, name: str) -> list[dict[str, Any]]:
    return [event["data"] for event in bus.emitted(org_id, f"messaging.{name}")]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0, 0, 2), (2, 0, 1, 2, 1, 0)])
def test_events_in_any_order_and_number_end_in_the_same_state(org_id: UUID, order: tuple[int, ...]) -> None:
    [delivery] = sent_deliveries(org_id, "email", 1)
    kinds = ("processed", "delivered", "open")
    for nth in order:
        event = email_event(delivery, kinds[nth], at=NOW + timedelta(seconds=nth))
        assert sendgrid(event).status == 204
        bus.deliver(NOBODY)
    assert state_of(org_id, delivery) == ("read", None)
    query = "SELECT kind FROM messaging.delivery_events WHERE delivery_id = :id ORDER BY occurred_at"
    assert [row.kind for row in rows(org_id, query, id=delivery)] == ["sent", "delivered", "read"]


def test_a_bounce_after_the_delivery_suppresses_the_address_once(org_id: UUID) -> None:
    [delivery] = sent_deliveries(org_id, "email", 1)
    bounce = email_event(delivery, "bounce", at=NOW, type="bounce", reason="550 no such user")
    assert sendgrid(email_event(delivery, "delivered", at=NOW), bounce, bounce).status == 204
    bus.deliver(NOBODY)
    assert state_of(org_id, delivery) == ("failed", "bounced")
    assert [one["reason"] for one in told(org_id, "recipient_suppressed")] == ["hard_bounce"]
    [settled] = told(org_id, "delivery_settled")
    assert (settled["state"], settled["reason"]) == ("failed", "bounced")


@pytest.mark.parametrize(("event", "reason"), [("spamreport", "complaint"), ("unsubscribe", "unsubscribe")])
def test_complaints_and_unsubscribes_suppress(org_id: UUID, event: str, reason: str) -> None:
    [delivery] = sent_deliveries(org_id, "email", 1)
    sendgrid(email_event(delivery, event, at=NOW))
    bus.deliver(NOBODY)
    query = "SELECT address, reason FROM messaging.suppressions"
    assert [tuple(row) for row in rows(org_id, query)] == [(f"{delivery}@example.org", reason)]


def test_a_blocked_message_suppresses_nothing(org_id: UUID) -> None:
    [delivery] = sent_deliveries(org_id, "email", 1)
    sendgrid(email_event(delivery, "bounce", at=NOW, type="blocked"))
    bus.deliver(NOBODY)
    assert state_of(org_id, delivery) == ("failed", "blocked")
    assert not rows(org_id, "SELECT 1 FROM messaging.suppressions")


def test_one_call_may_be_about_several_organizations(org_id: UUID) -> None:
    other = an_organization()
    [mine], [theirs] = sent_deliveries(org_id, "email", 1), sent_deliveries(other, "email", 1)
    assert sendgrid(*(email_event(one, "delivered", at=NOW) for one in (mine, theirs))).status == 204
    bus.deliver(NOBODY)
    assert state_of(org_id, mine) == state_of(other, theirs) == ("delivered", None)
    assert len(told(org_id, "delivery_settled")) == len(told(other, "delivery_settled")) == 1


def test_a_reply_opens_the_window_and_is_told_once(org_id: UUID) -> None:
    [delivery] = sent_deliveries(org_id, "whatsapp", 1)
    phone = rows(org_id, "SELECT address FROM messaging.deliveries")[0].address
    reply = whatsapp_reply(phone, "Yes, I come", at=NOW, name=str(new_id()), answers=delivery)
    for _ in range(3):
        assert aisensy(reply).status == 204
    assert aisensy(whatsapp_status(delivery, "REPLIED", at=NOW)).status == 204
    bus.deliver(NOBODY)
    bus.deliver(NOBODY, again=True)
    [replied] = told(org_id, "message_replied")
    assert (replied["text"], replied["address"]) == ("Yes, I come", phone)
    [window] = rows(org_id, "SELECT last_inbound_at FROM messaging.whatsapp_windows")
    assert window.last_inbound_at == NOW
    assert state_of(org_id, delivery) == ("replied", None)


def test_a_reply_that_quotes_nothing_is_of_the_last_message_to_that_number(org_id: UUID) -> None:
    phone = f"+49170{new_id().int % 10**9:09d}"
    [_] = sent_deliveries(org_id, "whatsapp", 1, address=phone, sent_at=NOW - timedelta(days=2))
    [last] = sent_deliveries(org_id, "whatsapp", 1, address=phone, sent_at=NOW - timedelta(days=1))
    assert aisensy(whatsapp_reply(phone, "STOP", at=NOW, name=str(new_id()))).status == 204
    bus.deliver(NOBODY)
    assert [one["delivery_id"] for one in told(org_id, "message_replied")] == [str(last)]
    [row] = rows(org_id, "SELECT channel, address, reason FROM messaging.suppressions")
    assert tuple(row) == ("whatsapp", phone, "unsubscribe")


def test_a_call_is_what_bolna_says_it_is_and_not_what_the_webhook_says(org_id: UUID, bolna: Bolna) -> None:
    [delivery] = sent_deliveries(org_id, "voice", 1)
    bolna.executions[str(delivery)] = execution(delivery, "no-answer", at=NOW)
    assert bolna_hint(execution(delivery, "completed", at=NOW)).status == 204
    bus.deliver(NOBODY)
    assert state_of(org_id, delivery) == ("failed", "no_answer")


def test_a_call_that_bolna_does_not_know_is_ignored_with_the_reason(org_id: UUID) -> None:
    [delivery] = sent_deliveries(org_id, "voice", 1)
    hint = execution(delivery, "completed", at=NOW)
    bolna_hint(hint)
    bus.deliver(NOBODY)
    assert state_of(org_id, delivery) == ("sent", None)
    [kept] = inbox("bolna", hint)
    assert (kept.state, kept.last_error) == ("ignored", "The vendor knows no such call.")


def test_what_names_no_delivery_waits_and_is_then_ignored_with_the_reason(
    org_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = new_id()
    note = whatsapp_status(early, "DELIVERED", at=NOW)
    assert aisensy(note).status == 204
    bus.deliver(NOBODY)
    assert inbox("aisensy", note)[0].state == "received"
    sent_deliveries(org_id, "whatsapp", 1, vendor_message_id=f"aisensy-{early}")
    monkeypatch.setattr(webhooks_due, "GRACE", timedelta(0))
    webhooks_due.run()
    bus.deliver(NOBODY)
    assert inbox("aisensy", note)[0].state == "processed"

    stray = whatsapp_status(new_id(), "DELIVERED", at=NOW)
    aisensy(stray)
    with work_for(NOBODY) as session:
        aged = "UPDATE messaging.inbound_events SET created_at = now() - interval '11 minutes' WHERE body = :body"
        session.execute(text(aged), {"body": json.dumps(stray).encode()})
    webhooks_due.run()
    bus.deliver(NOBODY)
    [kept] = inbox("aisensy", stray)
    assert (kept.state, kept.last_error) == ("ignored", "It names no delivery of ours.")


def test_forged_stale_and_future_calls_are_refused_without_a_detail(org_id: UUID) -> None:
    [delivery] = sent_deliveries(org_id, "email", 1)
    event = email_event(delivery, "bounce", at=NOW)
    late, early = seconds_ago(601), seconds_ago(-660)
    future = whatsapp_status(delivery, "READ", at=NOW + timedelta(hours=1))
    old = whatsapp_status(delivery, "READ", at=NOW - timedelta(hours=73))
    answers = [
        sendgrid(event, signer=Signer(8)),
        sendgrid(event, timestamp=late),
        sendgrid(event, timestamp=early),
        post(f"{WEBHOOKS}/sendgrid", json.dumps([event])),
        aisensy(future),
        aisensy(old),
        aisensy(whatsapp_status(delivery, "READ", at=NOW), secret="other"),
    ]
    for answer in answers:
        assert answer.status == 401
        assert answer.json["code"] == "webhook_refused"
        assert answer.json["detail"] == answer.json["title"]
    assert not inbox("sendgrid", [event])
    assert state_of(org_id, delivery) == ("sent", None)


@pytest.mark.parametrize(
    ("vendor", "body"), [("aisensy", "[1]"), ("aisensy", "nothing"), ("bolna", "{}"), ("bolna", '{"id":')]
)
def test_what_no_vendor_writes_is_refused(bolna: Bolna, vendor: str, body: str) -> None:
    headers = {"X-AiSensy-Signature": aisensy_signature(body)}
    assert post(f"{WEBHOOKS}/{vendor}", body, headers=headers).status == 422


def test_more_than_a_vendor_sends_is_refused_before_it_is_looked_at(bolna: Bolna) -> None:
    assert post(f"{WEBHOOKS}/aisensy", "x" * 256_001).status == 413

"""Mail by SES, from the message to what SES tells of it over EventBridge."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from local.processes import wait_until
from lodestar.config import settings
from lodestar.contracts.messaging import Recipient
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.principal import NOBODY, Role
from messaging.reactions import email_events
from tests import bus, gateway
from tests.adapters.listening import Endpoint, endpoint
from tests.factories.identity import a_person, an_organization
from tests.factories.messaging import a_message, deliveries, explanation
from tests.gateway import Person
from tests.messaging.telling import CONFIGURATION_SET, sent_deliveries, ses, ses_event
from tests.simulators.running import Simulators

pytestmark = pytest.mark.usefixtures("product")
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def staff() -> Person:
    return a_person(an_organization(), Role.ORG_STAFF)


@pytest.fixture
def by_ses(simulators: Simulators, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """SES's simulator, and what EventBridge would hand to the reaction's queue."""
    monkeypatch.setenv("EMAIL_VENDOR", "ses")
    monkeypatch.setenv("SES_CONFIGURATION_SET", CONFIGURATION_SET)
    settings.cache_clear()
    with endpoint() as listening:
        simulators.order("ses", webhook_url=listening.url, duplicates=1, shuffle=True)
        yield listening


def react(listening: Endpoint, count: int) -> None:
    """Wait for so many events, hand them on, and have them read."""
    wait_until(lambda: len(listening.posted) >= count, seconds=10, what=f"{count} events of SES")
    for posted in listening.posted:
        assert ses(json.loads(posted.body)).status == 204
    bus.deliver(NOBODY)


def rows(org_id: UUID, query: str, **parameters: Any) -> list[Any]:
    with work_for(org_id) as session:
        return list(session.execute(text(query), parameters))


def test_a_bounce_comes_back_and_stops_what_follows(
    staff: Person, simulators: Simulators, by_ses: Endpoint
) -> None:
    recipient = Recipient(email=f"bounce+{new_id()}@example.org", name="Ada")
    a_message(staff.org_id, recipient)
    assert deliveries(staff)[0]["vendor"] == "ses"
    react(by_ses, 4)
    (one,) = deliveries(staff)
    assert (one["state"], one["reason"]) == ("failed", "bounced")
    assert "user unknown" in one["detail"]
    kinds = [event["kind"] for event in explanation(staff, one)["history"]]
    assert kinds.count("bounced") == 1
    (suppression,) = gateway.get("/v1/messaging/suppressions", as_=staff).expect(200)["data"]
    assert (suppression["address"], suppression["reason"]) == (recipient.email, "hard_bounce")
    a_message(staff.org_id, recipient)
    assert deliveries(staff)[0]["reason"] == "suppressed_hard_bounce"
    assert simulators.inbox()["total"] == 1


@pytest.mark.parametrize(
    ("word", "state", "suppressed"),
    [("delivered", "delivered", None), ("spam", "read", "complaint"), ("blocked", "failed", None)],
)
def test_each_end_is_told(
    staff: Person, by_ses: Endpoint, word: str, state: str, suppressed: str | None
) -> None:
    a_message(staff.org_id, Recipient(email=f"{word}+{new_id()}@example.org", name="Ada"))
    react(by_ses, 6 if word == "spam" else 4)
    assert deliveries(staff)[0]["state"] == state
    found = [row.reason for row in rows(staff.org_id, "SELECT reason FROM messaging.suppressions")]
    assert found == ([suppressed] if suppressed else [])


@pytest.mark.usefixtures("by_ses")
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0, 0, 2, 1)])
def test_events_in_any_order_and_number_end_in_the_same_state(order: tuple[int, ...]) -> None:
    org_id = an_organization()
    [delivery] = sent_deliveries(org_id, "email", 1, vendor="ses")
    told = [
        ses_event(delivery, kind, at=NOW + timedelta(seconds=nth))
        for nth, kind in enumerate(("Send", "Delivery", "Complaint"))
    ]
    for nth in order:
        assert ses(told[nth]).status == 204
        bus.deliver(NOBODY)
    [row] = rows(org_id, "SELECT state FROM messaging.deliveries")
    assert row.state == "read"
    events = rows(org_id, "SELECT kind FROM messaging.delivery_events ORDER BY occurred_at")
    assert [event.kind for event in events] == ["sent", "delivered", "complained"]


@pytest.mark.usefixtures("by_ses")
def test_what_is_not_of_our_mails_is_kept_nowhere_and_found_among_the_dead_letters() -> None:
    org_id = an_organization()
    [delivery] = sent_deliveries(org_id, "email", 1, vendor="ses")
    forged = ses_event(delivery, "Bounce.Permanent", at=NOW) | {"account": "210987654321"}
    assert ses(forged).status == 401
    kept = rows(NOBODY, "SELECT 1 FROM messaging.inbound_events WHERE vendor = 'ses' AND body LIKE :it",
                it=f"%{delivery}%".encode())  # fmt: skip
    assert not kept
    name = f"{email_events.react.__module__}.{email_events.react.__name__}"
    [row] = rows(NOBODY, "SELECT last_error FROM backbone.inbox WHERE event_id = :id AND reaction = :name",
                 id=UUID(forged["id"]), name=name)  # fmt: skip
    assert "Forged" in row.last_error


@pytest.mark.usefixtures("by_ses")
def test_other_programs_of_the_account_leave_no_trace() -> None:
    told = ses_event(new_id(), "Send", at=NOW)
    told["detail"]["eventType"] = "Open"
    assert ses(told).status == 204
    assert not rows(NOBODY, "SELECT 1 FROM messaging.inbound_events WHERE body LIKE :it",
                    it=f"%{told['id']}%".encode())  # fmt: skip

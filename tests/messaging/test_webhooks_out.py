"""Webhooks to the organization's own systems: signed, repeated, given up with a word, sent again."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from lodestar import outbound as reaching
from lodestar.config import settings
from lodestar.contracts.learning import StarAwarded, Tier
from lodestar.db import work_for
from lodestar.events import emit
from lodestar.ids import new_id
from lodestar.principal import Role
from messaging.rules import outbound as rules
from messaging.schedules import webhooks_due
from tests import bus
from tests.factories.identity import a_person, an_organization
from tests.gateway import Person, delete, get, patch, post
from tests.messaging.receiving import Posted, Receiver, receiver

pytestmark = pytest.mark.usefixtures("product")
ENDPOINTS = "/v1/messaging/webhook-endpoints"


@pytest.fixture(autouse=True)
def signing_key(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SIGNING_KEY", "k" * 32)
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiver(tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
def admin() -> Person:
    return a_person(an_organization(), Role.ORG_ADMIN)


def an_endpoint(admin: Person, url: str, *event_types: str) -> Any:
    body = {"url": url, "event_types": event_types or ["learning.star_awarded"]}
    return post(ENDPOINTS, body, as_=admin).expect(201)


def a_star(org_id: UUID) -> UUID:
    """Emit a public event; its id."""
    ids = {"enrollment_id": new_id(), "program_id": new_id(), "learner_id": a_person(org_id).user_id}
    with work_for(org_id) as session:
        return emit(session, StarAwarded(**ids, star=2, tier=Tier.GOLD, by_override=False))


def due_now(org_id: UUID) -> None:
    """Let every repetition's time have come, and have the schedule find it."""
    with work_for(org_id) as session:
        session.execute(
            text("UPDATE messaging.webhook_deliveries SET next_at = now() WHERE state = 'pending'")
        )
    webhooks_due.run()
    bus.deliver(org_id)


def deliveries(admin: Person, endpoint: Any) -> list[Any]:
    found = get(f"{ENDPOINTS}/{endpoint['id']}/deliveries", as_=admin).expect(200)["data"]
    return list(found)


def is_signed(posted: Posted, secret: str) -> bool:
    """As a partner verifies it, by the specification alone."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{posted.headers['webhook-id']}.{posted.headers['webhook-timestamp']}.".encode() + posted.body
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return f"v1,{expected}" in posted.headers["webhook-signature"].split(" ")


def test_an_event_arrives_once_signed_by_the_secret_that_was_shown(admin: Person, theirs: Receiver) -> None:
    endpoint = an_endpoint(admin, theirs.url)
    event_id = a_star(admin.org_id)
    bus.deliver(admin.org_id)
    bus.deliver(admin.org_id, again=True)
    [posted] = theirs.posted
    assert is_signed(posted, endpoint["secret"])
    assert posted.headers["webhook-id"] == str(event_id)
    body = json.loads(posted.body)
    assert (body["type"], body["data"]["star"]) == ("learning.star_awarded", 2)
    [delivery] = deliveries(admin, endpoint)
    assert (delivery["state"], delivery["last_status"], delivery["attempts"]) == ("delivered", 204, 1)


def test_the_secret_is_shown_once_and_stored_nowhere(admin: Person, theirs: Receiver) -> None:
    endpoint = an_endpoint(admin, theirs.url)
    assert "secret" not in get(f"{ENDPOINTS}/{endpoint['id']}", as_=admin).expect(200)
    with work_for(admin.org_id) as session:
        rows = session.execute(text("SELECT e::text AS row FROM messaging.webhook_endpoints AS e"))
        assert endpoint["secret"].removeprefix("whsec_") not in "".join(row.row for row in rows)


def test_a_second_click_on_rotate_leaves_the_secret_in_use_alone(admin: Person, theirs: Receiver) -> None:
    endpoint = an_endpoint(admin, theirs.url)
    rotate = f"{ENDPOINTS}/{endpoint['id']}/secrets"
    rotated = post(rotate, as_=admin).expect(201)
    assert post(rotate, as_=admin).expect(409)["code"] == "secret_just_rotated"
    a_star(admin.org_id)
    bus.deliver(admin.org_id)
    assert is_signed(theirs.posted[0], endpoint["secret"])
    assert is_signed(theirs.posted[0], rotated["secret"])


def test_for_a_day_after_a_rotation_both_secrets_verify(admin: Person, theirs: Receiver) -> None:
    endpoint = an_endpoint(admin, theirs.url)
    rotated = post(f"{ENDPOINTS}/{endpoint['id']}/secrets", as_=admin).expect(201)
    a_star(admin.org_id)
    bus.deliver(admin.org_id)
    assert is_signed(theirs.posted[0], endpoint["secret"])
    assert is_signed(theirs.posted[0], rotated["secret"])
    with work_for(admin.org_id) as session:
        aged = "UPDATE messaging.webhook_endpoints SET secret_rotated_at = now() - interval '25 hours'"
        session.execute(text(aged))
    a_star(admin.org_id)
    bus.deliver(admin.org_id)
    assert not is_signed(theirs.posted[1], endpoint["secret"])
    assert is_signed(theirs.posted[1], rotated["secret"])


def test_events_that_nobody_asked_for_are_not_sent(admin: Person, theirs: Receiver) -> None:
    endpoint = an_endpoint(admin, theirs.url, "learning.program_completed")
    a_star(admin.org_id)
    bus.deliver(admin.org_id)
    assert not theirs.posted
    assert not deliveries(admin, endpoint)


def test_another_organizations_events_are_not_sent(admin: Person, theirs: Receiver) -> None:
    an_endpoint(admin, theirs.url)
    other = an_organization()
    a_star(other)
    bus.deliver(other)
    assert not theirs.posted


def test_a_failure_is_repeated_with_the_same_id_until_it_is_taken(admin: Person, theirs: Receiver) -> None:
    endpoint = an_endpoint(admin, theirs.url)
    theirs.answer = lambda nth: (500 if nth < 2 else 200, {}, b"x" * 1_000_000)
    a_star(admin.org_id)
    bus.deliver(admin.org_id)
    webhooks_due.run()
    bus.deliver(admin.org_id)
    assert len(theirs.posted) == 1, "it is not repeated before its time"
    for _ in range(3):
        due_now(admin.org_id)
    assert [p.headers["webhook-id"] for p in theirs.posted] == [theirs.posted[0].headers["webhook-id"]] * 3
    [delivery] = deliveries(admin, endpoint)
    assert (delivery["state"], delivery["attempts"], delivery["last_error"]) == ("delivered", 3, None)


def test_a_redirect_is_a_failure_and_not_followed(admin: Person, theirs: Receiver) -> None:
    endpoint = an_endpoint(admin, theirs.url)
    theirs.answer = lambda _: (307, {"location": "http://169.254.169.254/"}, b"")
    a_star(admin.org_id)
    bus.deliver(admin.org_id)
    assert len(theirs.posted) == 1
    assert deliveries(admin, endpoint)[0]["last_error"] == "Answered 307."


def test_410_disables_the_endpoint_and_tells_the_administrators(admin: Person, theirs: Receiver) -> None:
    endpoint = an_endpoint(admin, theirs.url)
    theirs.answer = lambda _: (410, {}, b"")
    for _ in range(2):
        a_star(admin.org_id)
    bus.deliver(admin.org_id)
    assert len(theirs.posted) == 1
    read = get(f"{ENDPOINTS}/{endpoint['id']}", as_=admin).expect(200)
    assert (read["state"], read["disabled_reason"]) == ("disabled", "It answered 410 Gone.")
    assert {one["state"] for one in deliveries(admin, endpoint)} == {"failed"}
    notices = get("/v1/messaging/notifications?type=webhook_disabled", as_=admin).expect(200)["data"]
    assert [one["target_id"] for one in notices] == [endpoint["id"]]


def test_after_three_days_without_success_it_is_disabled_and_what_it_missed_is_sent_again(
    admin: Person, theirs: Receiver
) -> None:
    endpoint = an_endpoint(admin, theirs.url)
    theirs.answer = lambda _: (503, {}, b"")
    event_id = a_star(admin.org_id)
    bus.deliver(admin.org_id)
    for _ in range(rules.MOST_ATTEMPTS):
        due_now(admin.org_id)
    assert len(theirs.posted) == rules.MOST_ATTEMPTS
    again = {"failed_since": (datetime.now(UTC) - timedelta(days=4)).isoformat()}
    url = f"{ENDPOINTS}/{endpoint['id']}"
    assert post(f"{url}/redeliveries", again, as_=admin).expect(409)["code"] == "endpoint_disabled"
    patch(url, {"state": "active"}, as_=admin).expect(200)
    theirs.answer = lambda _: (200, {}, b"")
    assert post(f"{url}/redeliveries", again, as_=admin).expect(200) == {"count": 1}
    bus.deliver(admin.org_id)
    assert theirs.posted[-1].headers["webhook-id"] == str(event_id)
    assert deliveries(admin, endpoint)[0]["state"] == "delivered"


def test_a_deleted_endpoint_gets_nothing_and_is_not_found(admin: Person, theirs: Receiver) -> None:
    endpoint = an_endpoint(admin, theirs.url)
    a_star(admin.org_id)
    delete(f"{ENDPOINTS}/{endpoint['id']}", as_=admin).expect(204)
    bus.deliver(admin.org_id)
    assert not theirs.posted
    assert get(f"{ENDPOINTS}/{endpoint['id']}", as_=admin).status == 404
    an_endpoint(admin, theirs.url)


@pytest.mark.parametrize(
    "url", ["http://hooks.example.org/", "https://127.0.0.1/", "https://169.254.169.254/latest"]
)
def test_addresses_inside_are_refused_when_they_are_given(admin: Person, url: str) -> None:
    body = {"url": url, "event_types": ["learning.star_awarded"]}
    assert post(ENDPOINTS, body, as_=admin).expect(422)["code"] == "url_not_allowed"


def test_a_name_that_leads_inside_by_now_is_not_reached(
    admin: Person, theirs: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = an_endpoint(admin, theirs.url)
    monkeypatch.setattr(reaching, "client", partial(reaching.client, reachable=reaching.is_public))
    a_star(admin.org_id)
    bus.deliver(admin.org_id)
    assert not theirs.posted
    assert deliveries(admin, endpoint)[0]["last_error"] == "This host is not on the public internet."


def test_only_administrators_have_endpoints(admin: Person) -> None:
    for person in (a_person(admin.org_id), a_person(admin.org_id, Role.ORG_STAFF)):
        assert get(ENDPOINTS, as_=person).status == 403


def test_the_waits_add_up_to_three_days_and_a_retry_after_is_heeded() -> None:
    now = datetime.now(UTC)
    moments = [rules.next_try(attempts=nth, now=now, chance=0.5) for nth in range(1, rules.MOST_ATTEMPTS)]
    total = sum((moment - now for moment in moments if moment), timedelta())
    assert timedelta(days=2, hours=20) < total < timedelta(days=3, hours=4)
    assert rules.next_try(attempts=rules.MOST_ATTEMPTS, now=now, chance=0.5) is None
    assert rules.next_try(attempts=1, now=now, chance=0, retry_after=3600) == now + timedelta(hours=1)
    assert rules.next_try(attempts=1, now=now, chance=0, retry_after=1e9) == now + timedelta(days=1)

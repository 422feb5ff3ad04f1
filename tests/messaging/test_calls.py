"""Telephone calls, from the message to their end: placed at Bolna, hinted at by its webhook, believed when it is asked."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from local.processes import wait_until
from lodestar import clock
from lodestar.adapters import voice
from lodestar.adapters.sending import Accepted
from lodestar.contracts.messaging import Channel, Recipient
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.principal import NOBODY, Role
from messaging.schedules import webhooks_due
from messaging.service import sweeping
from tests import bus, gateway
from tests.adapters.listening import Endpoint, endpoint
from tests.factories.identity import a_person, an_organization
from tests.factories.messaging import a_message, an_anchor, deliveries, explanation
from tests.gateway import Person
from tests.messaging.telling import raw
from tests.simulators.running import Simulators

pytestmark = pytest.mark.usefixtures("product")
AGENT = "3c90c3cc-0d44-4b50-8888-8dd25736052a"
KEY = "class-call"
ENDS = {
    "+12025550100": ("completed", "delivered", None),
    "+12025550101": ("busy", "failed", "busy"),
    "+12025550102": ("no-answer", "failed", "no_answer"),
    "+12025550103": ("failed", "failed", "failed"),
    "+12025550108": ("balance-low", "failed", "failed"),
}
"""By the number: Bolna's own word, and the delivery's state and reason."""


@pytest.fixture
def staff() -> Person:
    return a_person(an_organization(), Role.ORG_STAFF)


@pytest.fixture
def bolna(simulators: Simulators) -> Iterator[Endpoint]:
    """Where Bolna posts, as nobody knows who."""
    with endpoint() as listening:
        simulators.order("bolna", webhook_url=listening.url, time_factor=0.005)
        yield listening


def a_template(staff: Person, key: str = KEY) -> None:
    """What is said is the agent's; the template names it, and what it is told."""
    text = {
        "key": key, "channel": "voice", "category": "operational", "vendor_template": AGENT,
        "body_text": "Hello {{recipient_name}}, {{title}} begins {{starts_at}}.",
        "variables": [
            {"name": "title", "type": "text", "example": "Systems design"},
            {"name": "starts_at", "type": "date_time", "example": "2026-03-02T14:00:00Z"},
        ],
    }  # fmt: skip
    made = gateway.post("/v1/messaging/templates", text, as_=staff).expect(201)
    gateway.patch(
        f"/v1/messaging/templates/{made['id']}",
        {"state": "active"},
        as_=staff,
        headers={"If-Match": f'"{made["version"]}"'},
    ).expect(200)


def call(staff: Person, number: str, *, zone: str = "Europe/Berlin", **changes: Any) -> None:
    usual = {
        "template_key": KEY, "category": "operational", "channels": (Channel.VOICE,),
        "variables": {"title": "Systems design", "starts_at": "2026-03-02T14:00:00Z"},
    }  # fmt: skip
    recipient = Recipient(phone=number, name="Ada Lovelace", time_zone=zone)
    a_message(staff.org_id, recipient, **{**usual, **changes})


def where_it_is_noon() -> str:
    """A zone, for tests in which the database's clock and ours have to agree."""
    return f"Etc/GMT{clock.now().hour - 12:+d}"


def noon(monkeypatch: pytest.MonkeyPatch, *, hour: int = 12) -> None:
    """It is tomorrow, in that hour of UTC; rows are older than that by the database's clock."""
    now = clock.now
    shift = now().replace(hour=hour) + timedelta(days=1) - now()
    monkeypatch.setattr(clock, "now", lambda: now() + shift)


def hand_on(bolna: Endpoint, *, until: str) -> None:
    """Wait for Bolna's last word, and post all of its webhooks, the last first."""
    wait_until(lambda: any(f'"{until}"' in p.body.decode() for p in bolna.posted), seconds=15, what=until)
    for posted in reversed(list(bolna.posted)):
        assert raw("bolna", posted.body.decode(), {}).status == 204
    bus.deliver(NOBODY)


@pytest.mark.parametrize("number", ENDS)
def test_a_call_ends_as_bolna_says_whatever_the_order_of_its_webhooks(
    staff: Person, simulators: Simulators, bolna: Endpoint, monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    word, state, reason = ENDS[number]
    noon(monkeypatch)
    a_template(staff)
    call(staff, number)
    (placed,) = deliveries(staff)
    assert (placed["state"], placed["vendor"], placed["channel"]) == ("sent", "bolna", "voice")

    hand_on(bolna, until=word)

    (ended,) = deliveries(staff)
    assert (ended["state"], ended["reason"]) == (state, reason)
    (shown,) = simulators.inbox(channel="voice")["messages"]
    assert shown["states"][0]["state"] == "queued"
    assert shown["state"] == word
    assert shown["details"]["variables"]["title"] == "Systems design"
    told = explanation(staff, ended)
    (happened,) = [one for one in told["history"] if one["detail"].get("status")]
    assert happened["detail"]["status"] == word
    if state == "delivered":
        assert told["summary"] == "Somebody answered the call."
        assert happened["detail"]["recording_url"].endswith(f"{placed['vendor_message_id']}/recording")
        sound = httpx.get(happened["detail"]["recording_url"])
        assert (sound.status_code, sound.headers["content-type"]) == (200, "audio/wav")
        assert "Systems design" in " ".join(shown["details"]["transcript"])
        assert float(happened["detail"]["duration_seconds"]) >= 30
    else:
        assert told["summary"] == ended["detail"]


def test_the_structure_of_a_call_is_the_plans(
    staff: Person, bolna: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    noon(monkeypatch)
    a_template(staff)
    call(staff, "+12025550100")
    hand_on(bolna, until="completed")
    (ended,) = deliveries(staff)
    state = voice.voice_caller().execution(ended["vendor_message_id"])
    assert state is not None
    made = voice.VoiceCall(reference=ended["id"], to_e164=ended["address"], agent=AGENT)
    taken = Accepted(vendor="bolna", vendor_message_id=state.call_id, at=clock.now())
    receipt = voice.receipt(made, taken, state=state)
    assert (receipt.success, receipt.call_id, receipt.agent_id) == (True, state.call_id, AGENT)
    assert (receipt.status, receipt.to_number) == ("completed", "+12025550100")
    assert receipt.recording_url


def test_what_anybody_posts_of_a_call_changes_nothing(
    staff: Person, simulators: Simulators, bolna: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    noon(monkeypatch)
    simulators.order("bolna", time_factor=10)
    a_template(staff)
    call(staff, "+12025550101")
    (placed,) = deliveries(staff)
    wait_until(lambda: len(bolna.posted) >= 1, seconds=10, what="queued")
    forged = bolna.posted[0].body.decode().replace('"queued"', '"completed"')
    assert raw("bolna", forged, {}).status == 204
    bus.deliver(NOBODY)
    (still,) = deliveries(staff)
    assert (still["state"], still["id"]) == ("sent", placed["id"])


def test_nobody_is_called_at_night_but_for_what_is_due_within_two_hours(
    staff: Person, simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    noon(monkeypatch, hour=21)
    a_template(staff)
    a_template(staff, "class-reminder")
    call(staff, "+12025550100")
    (waiting,) = deliveries(staff)
    assert (waiting["state"], waiting["reason"]) == ("deferred", "quiet_hours")
    assert "08:00 (Europe/Berlin)" in waiting["detail"]
    policy = {
        "anchor_kind": "class_session", "offset_seconds": -900, "audience": "learner", "channels": ["voice"],
        "template_key": "class-reminder", "category": "operational",
    }  # fmt: skip
    gateway.put("/v1/messaging/reminder-policies/class-call-15", policy, as_=staff).expect(200)
    learner = Recipient(
        phone="+12025550100", name=str(new_id()), time_zone="Europe/Berlin", audience="learner"
    )
    at = clock.now().replace(microsecond=0) + timedelta(minutes=20)
    an_anchor(staff.org_id, [learner], at=at)
    soon = at - timedelta(minutes=15) + timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: soon)
    sweeping.sweep(staff.org_id, stop_at=soon + timedelta(minutes=1))
    bus.deliver(staff.org_id)
    by_key = {(one["channel"], one["template_key"]): one for one in deliveries(staff)}
    urgent = by_key["voice", "class-reminder"]
    assert urgent["state"] == "sent"
    assert "two hours" in str(explanation(staff, urgent)["checks"])
    assert [one["to"] for one in simulators.inbox(channel="voice")["messages"]] == ["+12025550100"]


def test_a_call_whose_last_webhooks_are_lost_ends_all_the_same(
    staff: Person, simulators: Simulators, bolna: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks_due, "GRACE", timedelta(0))
    simulators.order("bolna", time_factor=10)
    a_template(staff)
    call(staff, "+12025550101", zone=where_it_is_noon())
    wait_until(lambda: len(bolna.posted) >= 1, seconds=10, what="queued")
    (first,) = bolna.posted
    assert raw("bolna", first.body.decode(), {}).status == 204
    bus.deliver(NOBODY)
    assert deliveries(staff)[0]["state"] == "sent"
    assert waiting(first.body) == ("received", "The call has not ended yet.")

    stop = f"{simulators.url}/bolna/call/{deliveries(staff)[0]['vendor_message_id']}/stop"
    httpx.post(stop, headers={"authorization": "Bearer key"}).raise_for_status()
    webhooks_due.run()
    bus.deliver(NOBODY)
    (ended,) = deliveries(staff)
    assert (ended["state"], ended["reason"]) == ("failed", "failed")
    assert waiting(first.body) == ("processed", None)


def test_nobody_asks_for_ever_about_a_call_that_does_not_end(
    staff: Person, simulators: Simulators, bolna: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_template(staff)
    call(staff, "+12025550107", zone=where_it_is_noon())
    wait_until(lambda: len(bolna.posted) >= 1, seconds=10, what="queued")
    (first,) = bolna.posted
    assert raw("bolna", first.body.decode(), {}).status == 204
    later = clock.now() + timedelta(hours=3)
    monkeypatch.setattr(clock, "now", lambda: later)
    bus.deliver(NOBODY)
    assert waiting(first.body)[0] == "processed"
    assert deliveries(staff)[0]["state"] == "sent"


def waiting(body: bytes) -> tuple[str, str | None]:
    """The state of the kept webhook of this body, and why it waits."""
    query = text("SELECT state, last_error FROM messaging.inbound_events WHERE body = :body")
    with work_for(NOBODY) as session:
        row = session.execute(query, {"body": body}).one()
        return row.state, row.last_error

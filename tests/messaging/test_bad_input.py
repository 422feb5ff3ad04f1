"""What goes wrong on the way out: large files, vendors that fall silent or busy, and texts that are not approved yet."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import boto3
import pytest
from sqlalchemy import text

from local.processes import wait_until
from lodestar import clock
from lodestar.adapters import wire
from lodestar.adapters.email import sendgrid
from lodestar.adapters.email import ses as email_ses
from lodestar.config import settings
from lodestar.contracts.messaging import Channel, Recipient
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.principal import NOBODY, Role
from tests import bus, gateway
from tests.adapters.listening import endpoint
from tests.factories.identity import a_person, an_organization
from tests.factories.messaging import a_message, deliveries, explanation, sweep
from tests.gateway import Person
from tests.messaging.telling import CONFIGURATION_SET, raw, ses, ses_event
from tests.simulators.running import Simulators

pytestmark = pytest.mark.usefixtures("product")
MEGABYTE = 1024 * 1024


@pytest.fixture
def staff() -> Person:
    return a_person(an_organization(), Role.ORG_STAFF)


def to(word: str = "casey") -> Recipient:
    return Recipient(email=f"{word}+{new_id()}@example.org", name="Ada")


def stored(org_id: UUID, size: int) -> dict[str, Any]:
    """A file of the organization's, as an attachment names it."""
    key = f"{org_id}/exports/{new_id()}.pdf"
    boto3.client("s3").put_object(Bucket=settings().need("media_bucket"), Key=key, Body=b"%" * size)
    return {"name": "book.pdf", "type": "application/pdf", "storage_key": key}


def test_ten_megabytes_travel_and_a_byte_more_is_refused_in_words(
    staff: Person, simulators: Simulators
) -> None:
    a_message(staff.org_id, to(), attachments=(stored(staff.org_id, 10 * MEGABYTE),))
    halves = (stored(staff.org_id, 5 * MEGABYTE), stored(staff.org_id, 5 * MEGABYTE + 1))
    a_message(staff.org_id, to(), attachments=halves)
    refused, sent = deliveries(staff)
    assert sent["state"] == "sent"
    (mail,) = simulators.inbox()["messages"]
    assert [file["size"] for file in mail["attachments"]] == [10 * MEGABYTE]
    assert (refused["state"], refused["reason"]) == ("failed", "attachments_too_large")
    assert "10 MB" in refused["detail"]


@pytest.mark.parametrize(
    "bad",
    [
        {"name": "class.ics", "type": "text/calendar", "content": "not base64!"},
        {"name": "class.ics", "type": "text/calendar", "content": "é"},
        {"name": "class.ics", "type": "text/calendar", "content": 7},
        {"name": "class.ics", "type": "text/calendar"},
        {"name": "class.ics", "content": "YWJj"},
        {"type": "text/calendar", "content": "YWJj"},
        {"name": "class.png", "type": "image/png", "content": "YWJj", "content_id": 7},
    ],
)
def test_an_attachment_that_cannot_be_read_fails_its_own_message_only(
    staff: Person, simulators: Simulators, bad: dict[str, Any]
) -> None:
    a_message(staff.org_id, to(), attachments=(bad,))
    (one,) = deliveries(staff)
    assert (one["state"], one["reason"]) == ("failed", "attachment_unreadable")
    assert simulators.inbox()["total"] == 0


def test_a_vendor_that_falls_silent_after_accepting_is_waited_for_and_its_own_word_holds(
    staff: Person, simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr("lodestar.adapters.email._sendgrid", sendgrid.SendGrid)
    with endpoint() as listening:
        simulators.order("sendgrid", webhook_url=listening.url)
        a_message(staff.org_id, to("timeout-after-accept"))
        (one,) = deliveries(staff)
        assert (one["state"], one["reason"]) == ("unknown", "outcome_unknown")
        assert "not sent again" in one["detail"]
        bus.deliver(staff.org_id, again=True)
        sweep(staff.org_id)
        wait_until(
            lambda: b"delivered" in b"".join(p.body for p in listening.posted), seconds=10, what="events"
        )
        for posted in listening.posted:
            assert raw("sendgrid", posted.body.decode(), posted.headers).status == 204
    bus.deliver(NOBODY)
    (one,) = deliveries(staff)
    assert one["state"] in {"delivered", "read"}
    assert one["attempts"] == 1
    assert simulators.inbox()["total"] == 1


def test_what_ses_tells_of_a_message_holds_though_it_never_answered(
    staff: Person, simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMAIL_VENDOR", "ses")
    monkeypatch.setenv("SES_CONFIGURATION_SET", CONFIGURATION_SET)
    settings.cache_clear()
    monkeypatch.setattr(email_ses, "ANSWER_SECONDS", 0.5)
    a_message(staff.org_id, to("timeout-after-accept"))
    (one,) = deliveries(staff)
    assert one["state"] == "unknown"
    told = ses_event(UUID(one["id"]), "Delivery", at=clock.now().replace(microsecond=0))
    assert ses(told).status == 204
    bus.deliver(NOBODY)
    assert deliveries(staff)[0]["state"] == "delivered"
    assert simulators.inbox()["total"] == 1


@pytest.mark.parametrize(
    ("scenario", "least", "most"), [("rate_limited", 120, 240), ("rate_limited_silently", 1, 120)]
)
def test_a_rate_limit_is_waited_for_whether_or_not_it_says_how_long(
    staff: Person, simulators: Simulators, scenario: str, least: int, most: int
) -> None:
    simulators.order("sendgrid", scenario=scenario, retry_after_seconds=125)
    before = clock.now()
    a_message(staff.org_id, to())
    (one,) = deliveries(staff)
    assert (one["state"], one["reason"], one["attempts"]) == ("queued", "vendor_unavailable", 1)
    with work_for(staff.org_id) as session:
        again = session.scalar(text("SELECT not_before FROM messaging.deliveries"))
    assert again is not None
    assert timedelta(seconds=least) <= again - before <= timedelta(seconds=most)
    simulators.order("sendgrid", scenario="normal")
    with work_for(staff.org_id) as session:
        session.execute(text("UPDATE messaging.deliveries SET not_before = not_before - interval '1 hour'"))
    sweep(staff.org_id)
    assert (deliveries(staff)[0]["state"], simulators.inbox()["total"]) == ("sent", 1)


@pytest.fixture
def noon(staff: Person, monkeypatch: pytest.MonkeyPatch) -> Person:
    """Staff, tomorrow at noon: at night WhatsApp waits."""
    now = clock.now
    shift = now().replace(hour=12) + timedelta(days=1) - now()
    monkeypatch.setattr(clock, "now", lambda: now() + shift)
    return staff


def a_whatsapp_text(staff: Person) -> str:
    """Staff's own text for a key that the product sends by WhatsApp; its id."""
    wanted = {
        "key": "import-day-3", "channel": "whatsapp", "category": "marketing", "vendor_template": "import_day_3",
        "body_text": "Hello {{recipient_name}}: {{program_title}}, {{action_url}}",
        "variables": [
            {"name": "program_title", "type": "text", "example": "Job Readiness"},
            {"name": "action_url", "type": "url", "example": "https://example.org/apply"},
        ],
    }  # fmt: skip
    made = gateway.post("/v1/messaging/templates", wanted, as_=staff).expect(201)
    assert made["approval"] == "pending"
    gateway.patch(f"/v1/messaging/templates/{made['id']}", {"state": "active"}, as_=staff).expect(200)
    return str(made["id"])


@pytest.mark.parametrize(
    ("approval", "wrote_hours_ago", "is_sent"),
    [(None, None, False), ("rejected", None, False), (None, 25, False), (None, 23, True), ("approved", None, True)],
)  # fmt: skip
def test_whatsapp_takes_what_is_approved_or_answers_somebody_who_wrote_within_a_day(
    noon: Person, simulators: Simulators, approval: str | None, wrote_hours_ago: int | None, *, is_sent: bool
) -> None:  # fmt: skip
    staff = noon
    template_id = a_whatsapp_text(staff)
    if approval:
        gateway.patch(f"/v1/messaging/templates/{template_id}", {"approval": approval}, as_=staff).expect(200)
    phone = f"+49170{new_id().int % 10**7:07d}"
    if wrote_hours_ago is not None:
        values = {"phone": phone, "at": clock.now() - timedelta(hours=wrote_hours_ago)}
        query = "INSERT INTO messaging.whatsapp_windows (address, last_inbound_at) VALUES (:phone, :at)"
        with work_for(staff.org_id) as session:
            session.execute(text(query), values)
    a_message(
        staff.org_id, Recipient(phone=phone, name="Ada", time_zone="Europe/Berlin"), template_key="import-day-3",
        category="marketing", channels=(Channel.WHATSAPP,),
        variables={"program_title": "Job Readiness", "action_url": "https://example.org/apply"},
    )  # fmt: skip
    (one,) = deliveries(staff)
    assert (one["state"], one["reason"]) == (("sent", None) if is_sent else ("skipped", "whatsapp_window"))
    checks = {check["rule"]: check["words"] for check in explanation(staff, one)["checks"]}
    assert ("24 hours" in checks.get("whatsapp_window", "")) != (approval == "approved")
    assert simulators.inbox()["total"] == is_sent

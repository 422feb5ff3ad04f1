"""What becomes of deliveries: each goes out at most once, or ends with a reason in words."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from lodestar import clock
from lodestar.contracts.messaging import Category, Channel, MessageRequested, Recipient
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.principal import Role
from messaging.service import enqueueing, sending, sweeping, vendors
from messaging.service.unsubscribing import unsubscribe_token
from tests import bus, gateway
from tests.factories.identity import a_person, an_organization
from tests.factories.messaging import a_message, deliveries, explanation, sweep
from tests.gateway import Person
from tests.simulators.running import Simulators

pytestmark = pytest.mark.usefixtures("product")


@pytest.fixture
def staff() -> Person:
    return a_person(an_organization(), Role.ORG_STAFF)


def an_address() -> str:
    return f"{new_id()}@example.org"


def to_contact(**fields: Any) -> Recipient:
    return Recipient(**{"email": an_address(), "name": "Ada Lovelace", **fields})


def marketing(org_id: UUID, recipient: Recipient, **changes: Any) -> None:
    variables = {"program_title": "Job Readiness", "action_url": "https://example.org/apply"}
    usual = {"template_key": "import-day-1", "category": Category.MARKETING, "variables": variables}
    a_message(org_id, recipient, **{**usual, **changes})


def pass_time(org_id: UUID, **columns: timedelta) -> None:
    """Deliveries of the organization stand as if so much time had gone by."""
    shifts = ", ".join(f"{name} = {name} - CAST(:{name} AS interval)" for name in columns)
    with work_for(org_id) as session:
        session.execute(text(f"UPDATE messaging.deliveries SET {shifts}"), columns)


def test_a_message_that_was_asked_for_twice_goes_out_once(staff: Person, simulators: Simulators) -> None:
    recipient = to_contact()
    for _ in range(2):
        a_message(staff.org_id, recipient, dedupe_key="the-export")
    bus.deliver(staff.org_id, again=True)
    (one,) = deliveries(staff)
    assert one["state"] == "sent"
    assert simulators.inbox()["total"] == 1


def test_transactional_mail_has_no_unsubscribing_and_other_mail_has_one_click(
    staff: Person, simulators: Simulators
) -> None:
    a_message(staff.org_id, to_contact())
    marketing(staff.org_id, to_contact())
    by_subject = {mail["subject"]: mail for mail in simulators.inbox()["messages"]}
    assert "List-Unsubscribe" not in by_subject["Your data is ready"]["headers"]
    headers = by_subject["Welcome to Job Readiness"]["headers"]
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/v1/messaging/public/unsubscribes/" in headers["List-Unsubscribe"]


def test_one_click_unsubscribes_the_address_and_a_transactional_message_still_arrives(
    staff: Person, simulators: Simulators
) -> None:
    recipient = to_contact()
    marketing(staff.org_id, recipient)
    (first,) = deliveries(staff)
    token = unsubscribe_token(staff.org_id, UUID(first["id"]))
    url = f"/v1/messaging/public/unsubscribes/{token}"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for _ in range(2):
        gateway.call("POST", url, body="List-Unsubscribe=One-Click", headers=form).expect(204)
    forged = gateway.call("POST", url[:-2] + ("AA" if url[-2:] != "AA" else "BB"), body="", headers=form)
    assert forged.status == 404
    marketing(staff.org_id, recipient)
    a_message(staff.org_id, recipient)
    mail, refused, _ = deliveries(staff)
    assert (refused["state"], refused["reason"]) == ("skipped", "suppressed_unsubscribe")
    assert mail["state"] == "sent"
    assert "transactional" in str(explanation(staff, mail)["checks"])
    (suppression,) = gateway.get("/v1/messaging/suppressions", as_=staff).expect(200)["data"]
    assert suppression["address"] == recipient.email


def test_a_bounce_stops_transactional_mail_too(staff: Person, simulators: Simulators) -> None:
    recipient = to_contact()
    with work_for(staff.org_id) as session:
        session.execute(
            text(
                "INSERT INTO messaging.suppressions (channel, address, reason) VALUES ('email', :address, 'hard_bounce')"
            ),
            {"address": recipient.email},
        )
    a_message(staff.org_id, recipient)
    (one,) = deliveries(staff)
    assert (one["state"], one["reason"]) == ("skipped", "suppressed_hard_bounce")
    assert simulators.inbox()["total"] == 0


def test_marketing_is_capped_by_the_day(staff: Person, simulators: Simulators) -> None:
    recipient = to_contact()
    marketing(staff.org_id, recipient)
    marketing(staff.org_id, recipient)
    second, first = deliveries(staff)
    assert first["state"] == "sent"
    assert (second["state"], second["reason"]) == ("skipped", "frequency_cap")
    pass_time(staff.org_id, sent_at=timedelta(days=2))
    marketing(staff.org_id, recipient)
    assert deliveries(staff)[0]["state"] == "sent"


@pytest.mark.parametrize(
    "address", ["a@example.org, b@example.org", "Ada <a@example.org>", "nobody", "a@b@c.org"]
)
def test_what_is_not_one_address_gets_nothing_and_says_so(
    staff: Person, simulators: Simulators, address: str
) -> None:
    a_message(staff.org_id, to_contact(email=address))
    (one,) = deliveries(staff)
    assert (one["state"], one["reason"]) == ("skipped", "no_address")
    assert simulators.inbox()["total"] == 0


def test_a_missing_variable_fails_the_message_with_its_name(staff: Person, simulators: Simulators) -> None:
    a_message(staff.org_id, to_contact(), variables={"expires_on": "2026-03-09"})
    (one,) = deliveries(staff)
    assert (one["state"], one["reason"]) == ("failed", "missing_variable")
    assert "request_url is missing" in one["detail"]
    assert simulators.inbox()["total"] == 0


def test_a_vendor_that_is_down_is_tried_again_later(staff: Person, simulators: Simulators) -> None:
    simulators.order("sendgrid", down=True)
    a_message(staff.org_id, to_contact())
    (one,) = deliveries(staff)
    assert (one["state"], one["attempts"]) == ("queued", 1)
    simulators.order("sendgrid", down=False)
    sweep(staff.org_id)
    assert deliveries(staff)[0]["state"] == "queued"
    pass_time(staff.org_id, not_before=timedelta(hours=1))
    sweep(staff.org_id)
    assert (deliveries(staff)[0]["state"], deliveries(staff)[0]["attempts"]) == ("sent", 2)
    assert simulators.inbox()["total"] == 1


def test_after_six_attempts_it_is_given_up_in_words(staff: Person, simulators: Simulators) -> None:
    simulators.order("sendgrid", down=True)
    a_message(staff.org_id, to_contact())
    for _ in range(8):
        pass_time(staff.org_id, not_before=timedelta(hours=12))
        sweep(staff.org_id)
    (one,) = deliveries(staff)
    assert (one["state"], one["reason"], one["attempts"]) == ("failed", "vendor_unavailable", 6)
    assert "6 attempts" in one["detail"]


@pytest.mark.parametrize(
    "tells",
    [
        pytest.param(lambda staff: bus.deliver(staff.org_id, again=True), id="its_message_that_comes_again"),
        pytest.param(lambda staff: sweep(staff.org_id), id="the_minute"),
    ],
)
def test_a_sender_that_died_leaves_an_unknown_outcome_that_is_never_sent_again(
    staff: Person, simulators: Simulators, monkeypatch: pytest.MonkeyPatch, tells: Callable[[Person], object]
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(vendors, "send", die)
    with pytest.raises(Killed):
        a_message(staff.org_id, to_contact())
    monkeypatch.undo()
    bus.deliver(staff.org_id, again=True)
    assert deliveries(staff)[0]["state"] == "sending"
    pass_time(staff.org_id, claimed_until=sending.CLAIM)
    tells(staff)
    (one,) = deliveries(staff)
    assert (one["state"], one["detail"]) == ("unknown", sending.DIED)
    pass_time(staff.org_id, claimed_until=timedelta(hours=2))
    sweep(staff.org_id)
    (one,) = deliveries(staff)
    assert (one["state"], one["reason"], one["attempts"]) == ("failed", "outcome_unknown", 1)
    assert "nobody gets it twice" in explanation(staff, one)["summary"]
    assert simulators.inbox()["total"] == 0


def test_what_there_is_no_time_for_is_tried_again_and_is_not_unknown(
    staff: Person, simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claimed together, called for one after the other: the second call would have begun too late."""
    texts = {
        "export-ready": {"request_url": "https://example.org/privacy/1", "expires_on": "2026-03-09"},
        "import-day-1": {"program_title": "Job Readiness", "action_url": "https://example.org/apply"},
    }
    with work_for(staff.org_id) as session:
        for key, variables in texts.items():
            enqueueing.request(
                session,
                MessageRequested(
                    template_key=key, category=Category.TRANSACTIONAL, channels=(Channel.EMAIL,),
                    recipients=(to_contact(),), variables=variables, dedupe_key=key,
                ),
            )  # fmt: skip
    call, began = vendors.send, clock.now()
    moments = [began]

    def slowly(*arguments: Any) -> Any:
        moments.append(began + sending.RUN)
        return call(*arguments)

    monkeypatch.setattr(vendors, "send", slowly)
    monkeypatch.setattr(clock, "now", lambda: moments[-1])
    sending.send(staff.org_id, [UUID(one["id"]) for one in deliveries(staff)])
    assert sorted(one["state"] for one in deliveries(staff)) == ["queued", "sent"]
    (waiting,) = (one for one in deliveries(staff) if one["state"] == "queued")
    assert sending.NO_TIME in waiting["detail"]
    assert simulators.inbox()["total"] == 1
    monkeypatch.undo()
    pass_time(staff.org_id, not_before=timedelta(minutes=1))
    sweep(staff.org_id)
    assert {one["state"] for one in deliveries(staff)} == {"sent"}


def test_a_call_and_a_whatsapp_wait_for_the_morning_where_the_recipient_lives(
    staff: Person, simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = clock.now().replace(hour=20, minute=0, second=0, microsecond=0) + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: night)
    recipient = to_contact(email=None, phone="+919812345678", time_zone="Asia/Kolkata")
    marketing(staff.org_id, recipient, template_key="import-day-3", channels=(Channel.WHATSAPP,))
    (one,) = deliveries(staff)
    assert (one["state"], one["reason"]) == ("deferred", "quiet_hours")
    assert "08:00 (Asia/Kolkata)" in one["detail"]
    morning = night + timedelta(hours=7)
    monkeypatch.setattr(clock, "now", lambda: morning)
    sweeping.sweep(staff.org_id, stop_at=morning + timedelta(minutes=1))
    bus.deliver(staff.org_id)
    assert deliveries(staff)[0]["state"] == "sent"
    assert len(simulators.inbox(channel="whatsapp")["messages"]) == 1


def test_preferences_hold_for_what_was_queued_before_them(staff: Person, simulators: Simulators) -> None:
    learner = a_person(staff.org_id)
    gateway.put("/v1/messaging/preferences", {"email": False}, as_=learner).expect(200)
    a_message(staff.org_id, Recipient(user_id=learner.user_id), channels=(Channel.EMAIL,))
    (one,) = deliveries(staff)
    assert (one["state"], one["reason"]) == ("skipped", "preference_channel")
    mine = gateway.get("/v1/messaging/deliveries", as_=learner).expect(200)["data"]
    assert [d["id"] for d in mine] == [one["id"]]
    peer = a_person(staff.org_id)
    assert gateway.get("/v1/messaging/deliveries", as_=peer).expect(200)["data"] == []
    assert gateway.get(f"/v1/messaging/deliveries/{one['id']}/explanation", as_=peer).status == 404


def test_attachments_travel_and_too_large_ones_are_refused_in_words(
    staff: Person, simulators: Simulators
) -> None:
    small = {
        "name": "class.ics",
        "type": "text/calendar",
        "content": base64.b64encode(b"BEGIN:VCALENDAR").decode(),
    }
    alien = {"name": "x.pdf", "type": "application/pdf", "storage_key": f"{new_id()}/x.pdf"}
    a_message(staff.org_id, to_contact(), attachments=(small,))
    a_message(staff.org_id, to_contact(), attachments=(alien,))
    refused, sent = deliveries(staff)
    assert sent["state"] == "sent"
    assert "class.ics" in str(simulators.inbox()["messages"])
    assert (refused["state"], refused["reason"]) == ("failed", "attachment_missing")


def test_a_notice_is_in_the_product_at_once_and_leads_to_its_target(staff: Person) -> None:
    learner, target = a_person(staff.org_id), new_id()
    a_message(
        staff.org_id,
        Recipient(user_id=learner.user_id),
        template_key="payment-received",
        channels=(Channel.IN_APP,),
        variables={"amount": {"amount": 500_000, "currency": "INR"}},
        target_type="payment",
        target_id=target,
    )
    (notice,) = gateway.get("/v1/messaging/notifications", as_=learner).expect(200)["data"]
    assert (notice["type"], notice["target_id"]) == ("payment_received", str(target))
    assert "INR 5,000.00" in notice["body"]
    assert deliveries(staff)[0]["state"] == "delivered"


def test_one_call_of_the_vendor_carries_many_and_each_gets_their_own_words(
    staff: Person, simulators: Simulators
) -> None:
    names = ["Ada <b>", "Zoë 🎓", "أليس"]
    a_message(staff.org_id, *[to_contact(name=name) for name in names])
    messages = simulators.inbox()["messages"]
    assert len(messages) == len(names)
    shown = str(messages)
    for said in ("Ada &lt;b&gt;", "Zoë 🎓", "أليس"):
        assert said in shown
    assert len(simulators.sent("sendgrid")) == 1


def test_an_invitation_is_mailed_with_its_link_which_no_row_holds(
    staff: Person, simulators: Simulators
) -> None:
    admin = a_person(staff.org_id, Role.ORG_ADMIN)
    body = {"email": an_address(), "role": "learner"}
    made = gateway.post("/v1/identity/invitations", body, as_=admin).expect(201)
    bus.deliver(staff.org_id)
    assert made["url"] in str(simulators.inbox(to=body["email"])["messages"])
    with work_for(staff.org_id) as session:
        for table in ("messaging.deliveries", "messaging.delivery_events", "backbone.outbox"):
            rows = session.execute(text(f"SELECT t::text FROM {table} AS t")).scalars()
            assert not any(made["token"] in row for row in rows)

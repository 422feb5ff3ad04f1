"""Anchors, policies, scheduled messages, and the minute's sweep that makes deliveries of them."""

from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import text

from lodestar import clock
from lodestar.contracts.messaging import AnchorCancelled, AnchorMoved, AnchorSet, Recipient
from lodestar.db import work_for
from lodestar.events import emit
from lodestar.ids import new_id
from lodestar.principal import Role
from messaging.repository import deliveries as repository
from messaging.repository import reminders
from messaging.schedules import release_due
from tests import bus, gateway
from tests.factories.identity import a_person, an_organization
from tests.factories.messaging import (
    an_anchor,
    deliveries,
    explanation,
    in_future,
    scheduled,
    sweep,
    tell,
)
from tests.gateway import Person
from tests.simulators.running import Simulators

pytestmark = pytest.mark.usefixtures("product")
POLICIES = "/v1/messaging/reminder-policies"


@pytest.fixture
def staff() -> Person:
    return a_person(an_organization(), Role.ORG_STAFF)


def a_policy(**changes: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "anchor_kind": "class_session", "offset_seconds": -3600, "audience": "learner", "channels": ["email"],
        "template_key": "class-reminder", "category": "operational",
    }  # fmt: skip
    return {**usual, **changes}


def only(staff: Person, *keys: str) -> None:
    """Switch off every policy of classes but these."""
    for policy in gateway.get(POLICIES, as_=staff).expect(200)["data"]:
        if policy["anchor_kind"] == "class_session" and policy["key"] not in keys:
            body = {name: policy[name] for name in a_policy() | {"when_late": 0, "guard": 0}}
            gateway.put(f"{POLICIES}/{policy['key']}", {**body, "enabled": False}, as_=staff).expect(200)


def member(person: Person) -> Recipient:
    return Recipient(user_id=person.user_id)


def test_an_organization_begins_with_the_plans_policies(staff: Person) -> None:
    found = {p["key"]: p for p in gateway.get(POLICIES, as_=staff).expect(200)["data"]}
    classes = {p["offset_seconds"] for p in found.values() if p["anchor_kind"] == "class_session"}
    interviews = {p["offset_seconds"] for p in found.values() if p["anchor_kind"] == "interview"}
    afterwards = {p["offset_seconds"] for p in found.values() if p["anchor_kind"] == "class_session_end"}
    drip = {p["offset_seconds"] // 86_400 + 1 for p in found.values() if p["anchor_kind"] == "contact_import"}
    assert classes == {-86_400, -900}
    assert interviews == {-432_000, -172_800, -86_400, -7_200}
    assert afterwards == {7_200, 86_400}
    assert drip == {1, 3, 7}
    assert all(p["is_built_in"] and p["version"] == 0 for p in found.values())


def test_a_changed_policy_is_the_organizations_own_and_stale_changes_are_refused(staff: Person) -> None:
    url = f"{POLICIES}/class-24-hours"
    changed = gateway.put(url, a_policy(offset_seconds=-7200), as_=staff, headers={"If-Match": '"0"'})
    assert changed.expect(200)["version"] == 1
    assert not gateway.get(url, as_=staff).expect(200)["is_built_in"]
    stale = gateway.put(url, a_policy(), as_=staff, headers={"If-Match": '"0"'})
    assert stale.expect(412)["code"] == "stale_version"
    stranger = a_person(an_organization(), Role.ORG_STAFF)
    assert gateway.get(url, as_=stranger).expect(200)["offset_seconds"] == -86_400


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"anchor_kind": "birthday"}, "unknown_kind"),
        ({"audience": "invitee"}, "unknown_audience"),
        ({"template_key": "no-such-template"}, "no_template"),
        ({"template_key": "invitation"}, "variable_nobody_sends"),
        ({"at_local_time": "10:00", "offset_seconds": 90}, "not_whole_days"),
    ],
)
def test_a_policy_that_could_never_send_is_refused(
    staff: Person, change: dict[str, object], code: str
) -> None:
    answer = gateway.put(f"{POLICIES}/mine", a_policy(**change), as_=staff).expect(422)
    assert code in {error["code"] for error in answer["errors"]}


def test_a_preview_shows_each_recipients_own_clock_across_a_change_of_clocks(staff: Person) -> None:
    body = {
        "at": "2026-03-27T12:00:00Z",
        "recipients": [
            {"name": "Ada", "time_zone": "Europe/Berlin"},
            {"name": "Asha", "time_zone": "Asia/Kolkata"},
        ],
    }
    found = gateway.post(f"{POLICIES}/import-day-3/previews", body, as_=staff).expect(200)["messages"]
    times = {(m["recipient_name"], m["channel"]): (m["sends_at"], m["sends_at_local"]) for m in found}
    assert times["Ada", "email"] == ("2026-03-29T08:00:00Z", "Sun 29 Mar 2026, 10:00 (Europe/Berlin)")
    assert times["Asha", "email"] == ("2026-03-29T04:30:00Z", "Sun 29 Mar 2026, 10:00 (Asia/Kolkata)")
    assert not any(m["problems"] for m in found)


def test_a_preview_of_a_moment_that_is_set_names_its_recipients(staff: Person) -> None:
    learner = a_person(staff.org_id, name="Grace Hopper")
    subject = an_anchor(staff.org_id, [member(learner)], at=in_future(days=3))
    body = {"subject_id": str(subject)}
    found = gateway.post(f"{POLICIES}/class-24-hours/previews", body, as_=staff).expect(200)["messages"]
    assert {(m["recipient_name"], m["channel"]) for m in found} == {
        ("Grace Hopper", "email"), ("Grace Hopper", "whatsapp"),
    }  # fmt: skip
    assert deliveries(staff) == []
    absent = gateway.post(f"{POLICIES}/class-24-hours/previews", {"subject_id": str(new_id())}, as_=staff)
    assert absent.status == 404


def test_setting_a_moment_schedules_each_policy_recipient_and_channel_once(staff: Person) -> None:
    learner, at = a_person(staff.org_id), in_future(days=3)
    subject = an_anchor(staff.org_id, [member(learner)], at=at)
    an_anchor(staff.org_id, [member(learner)], at=at, subject_id=subject)
    found = scheduled(staff)
    assert {(m["policy_key"], m["channel"]) for m in found} == {
        ("class-24-hours", "email"), ("class-24-hours", "whatsapp"),
        ("class-15-minutes", "email"), ("class-15-minutes", "whatsapp"), ("class-15-minutes", "in_app"),
    }  # fmt: skip
    assert len(found) == 5
    assert {m["anchor_version"] for m in found} == {1}


def test_what_is_too_late_when_it_is_set_is_kept_with_its_reason(staff: Person) -> None:
    an_anchor(staff.org_id, [member(a_person(staff.org_id))], at=in_future(hours=2))
    by_policy = {m["policy_key"]: m for m in scheduled(staff)}
    assert by_policy["class-24-hours"]["state"] == "skipped"
    assert by_policy["class-24-hours"]["explanation"].startswith("Its time was past")
    assert by_policy["class-15-minutes"]["state"] == "scheduled"


def test_moving_cancels_the_unsent_and_schedules_anew(staff: Person) -> None:
    at = in_future(days=3)
    subject = an_anchor(staff.org_id, [member(a_person(staff.org_id))], at=at)
    moved = AnchorMoved(kind="class_session", subject_id=subject, at=at + timedelta(days=1), time_zone="UTC")
    tell(staff.org_id, moved)
    by_version = {(m["anchor_version"], m["state"]) for m in scheduled(staff)}
    assert by_version == {(1, "cancelled"), (2, "scheduled")}
    assert {m["reason"] for m in scheduled(staff, "&state=cancelled")} == {"anchor_moved"}


def test_events_of_a_moment_that_come_in_the_wrong_order_end_alike(staff: Person) -> None:
    learner, at, subject = a_person(staff.org_id), in_future(days=3), new_id()
    event_of = {"kind": "class_session", "subject_id": subject}
    early, late = in_future(seconds=-20), in_future(seconds=-10)
    first = AnchorSet(
        **event_of, at=at, time_zone="UTC", told_at=early, recipients=(member(learner),),
        variables={"title": "Systems design"},
    )  # fmt: skip
    moved = AnchorMoved(**event_of, at=at + timedelta(days=1), time_zone="UTC", told_at=late)
    tell(staff.org_id, moved)
    tell(staff.org_id, first)
    waiting = scheduled(staff, "&state=scheduled&policy_key=class-24-hours")
    assert {m["send_at"] for m in waiting} == {at.isoformat().replace("+00:00", "Z")}
    tell(staff.org_id, AnchorCancelled(**event_of, reason="cancelled", told_at=early))
    assert len(scheduled(staff, "&state=scheduled")) == 5
    tell(staff.org_id, AnchorCancelled(**event_of, reason="cancelled"))
    assert scheduled(staff, "&state=scheduled") == []


def test_whoever_is_stopped_is_not_reminded_and_the_others_are(staff: Person) -> None:
    ada, asha = a_person(staff.org_id), a_person(staff.org_id)
    subject = an_anchor(staff.org_id, [member(ada), member(asha)], at=in_future(days=3))
    event = AnchorCancelled(
        kind="class_session", subject_id=subject, reason="left", recipients=(member(ada),)
    )
    tell(staff.org_id, event)
    left = {m["recipient_id"] for m in scheduled(staff, "&state=scheduled")}
    assert left == {str(asha.user_id)}


def test_staff_take_out_one_message_and_no_other_organization_sees_it(staff: Person) -> None:
    an_anchor(staff.org_id, [member(a_person(staff.org_id))], at=in_future(days=3))
    one = scheduled(staff)[0]["id"]
    url = f"/v1/messaging/scheduled-messages/{one}"
    assert gateway.delete(url, as_=a_person(an_organization(), Role.ORG_STAFF)).status == 404
    gateway.delete(url, as_=staff).expect(204)
    gateway.delete(url, as_=staff).expect(204)
    assert [m["id"] for m in scheduled(staff, "&state=cancelled")] == [one]


def due_soon(staff: Person, recipient: Recipient) -> UUID:
    """A class in an hour, of which a policy reminds at once."""
    body = a_policy(offset_seconds=-7200, when_late="send")
    gateway.put(f"{POLICIES}/class-2-hours", body, as_=staff).expect(200)
    only(staff, "class-2-hours")
    return an_anchor(staff.org_id, [recipient], at=in_future(hours=1))


def test_what_is_due_is_sent_once_however_often_the_minute_comes(
    staff: Person, simulators: Simulators
) -> None:
    learner = a_person(staff.org_id, email=f"{new_id()}@example.org", name="Ada Lovelace")
    due_soon(staff, member(learner))
    for _ in range(3):
        sweep(staff.org_id)
    (one,) = deliveries(staff)
    assert (one["state"], one["vendor"]) == ("sent", "sendgrid")
    (mail,) = simulators.inbox()["messages"]
    assert "Systems design" in mail["subject"]
    told = explanation(staff, one)
    assert not told["is_forecast"]
    assert [check["rule"] for check in told["checks"]] == ["address", "not_suppressed", "preferences"]


def test_what_fell_due_is_released_since_then_and_cannot_be_taken_out(staff: Person) -> None:
    due_soon(staff, member(a_person(staff.org_id)))
    (waits,) = scheduled(staff, "&state=scheduled")
    assert (waits["settled_at"], scheduled(staff, "&state=released")) == (None, [])
    release_due.handler({}, None)
    (released,) = scheduled(staff, "&state=released")
    (delivery,) = deliveries(staff)
    assert (released["id"], released["settled_at"]) == (waits["id"], delivery["created_at"])
    assert scheduled(staff, "&state=scheduled") == []
    refused = gateway.delete(f"/v1/messaging/scheduled-messages/{released['id']}", as_=staff).expect(409)
    assert refused["code"] == "already_released"


def test_twins_share_what_is_due_and_the_second_minute_makes_nothing(staff: Person) -> None:
    due_soon(staff, member(a_person(staff.org_id)))
    sweep_now = partial(repository.release, now=clock.now(), after=repository.BEGINNING, most=10)
    with work_for(staff.org_id) as one:
        first = sweep_now(one)
        with work_for(staff.org_id) as twin:
            assert sweep_now(twin) is None
    with work_for(staff.org_id) as later:
        assert sweep_now(later) is None
    assert first is not None
    assert (first.count, sum(len(ids) for ids in first.queued.values())) == (1, 1)


def test_a_reminder_that_is_cancelled_while_it_falls_due_is_one_of_both(staff: Person) -> None:
    """Whoever takes it out of those that wait decides: a sweep passes by what somebody is cancelling."""
    subject = due_soon(staff, member(a_person(staff.org_id)))
    now = clock.now()
    with work_for(staff.org_id) as session:
        anchor = reminders.anchor_seen(session, "class_session", subject)
        assert anchor is not None
        assert reminders.cancel_unsent(session, anchor.id, reason="anchor_cancelled", now=now) == 1
        with work_for(staff.org_id) as twin:
            assert repository.release(twin, now=now, after=repository.BEGINNING, most=10) is None
    assert [m["state"] for m in scheduled(staff)] == ["cancelled"]
    release_due.handler({}, None)
    assert deliveries(staff) == []


def test_a_deleted_reminder_waits_no_more(staff: Person) -> None:
    """An erasure or a retention period deletes the message; that it waits goes along."""
    learner = a_person(staff.org_id)
    due_soon(staff, member(learner))
    with work_for(staff.org_id) as session:
        session.execute(text("SELECT backbone.begin_erasing('erasure')"))
        session.execute(text("DELETE FROM messaging.scheduled_messages"))
        assert session.scalar(text("SELECT count(*) FROM messaging.waiting_messages")) == 0
    release_due.handler({}, None)
    assert deliveries(staff) == []


def test_what_was_released_and_then_cancelled_is_not_sent(staff: Person, simulators: Simulators) -> None:
    subject = due_soon(staff, member(a_person(staff.org_id)))
    release_due.handler({}, None)
    event = AnchorCancelled(kind="class_session", subject_id=subject, reason="cancelled")
    with work_for(staff.org_id) as session:
        emit(session, event)
    told = bus.emitted(staff.org_id, event.name)[-1]
    for handler in bus.subscribers()[event.name]:
        assert handler(bus.queue_event(told), None) == {"batchItemFailures": []}
    bus.deliver(staff.org_id)
    (one,) = deliveries(staff)
    assert (one["state"], one["reason"]) == ("skipped", "anchor_cancelled")
    assert explanation(staff, one)["summary"] == "What it reminds of was cancelled."
    assert simulators.inbox()["total"] == 0


def test_a_contact_without_a_zone_is_reminded_on_the_moments_clock(staff: Person) -> None:
    contact = Recipient(email="lead@example.org", audience="contact", time_zone="Mars/Olympus")
    an_anchor(
        staff.org_id, [contact], at=in_future(days=5), kind="contact_import", time_zone="Asia/Kolkata",
        program_title="Job Readiness", action_url="https://example.org/apply",
    )  # fmt: skip
    assert {m["send_at"][11:16] for m in scheduled(staff)} == {"04:30"}

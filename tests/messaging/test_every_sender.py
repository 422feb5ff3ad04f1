"""Whoever has something sent, what the recipient wishes holds (SB-39); and the kinds of notification of SB-38."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from lodestar import clock
from lodestar.contracts.messaging import Channel, Recipient
from lodestar.ids import new_id
from lodestar.principal import Role
from messaging import defaults
from messaging.rules import texting
from messaging.service import sweeping
from tests import bus, gateway
from tests.factories.identity import a_person, an_organization
from tests.factories.messaging import a_message, an_anchor, deliveries
from tests.gateway import Person
from tests.simulators.running import Simulators

pytestmark = pytest.mark.usefixtures("product")
OUTSIDE = (Channel.EMAIL, Channel.WHATSAPP, Channel.VOICE)
IN_PRODUCT_ONLY = {"email": False, "whatsapp": False, "voice": False, "phone": "+4917012345678"}
KEY = "class-reminder"
VARIABLES = {"title": "Systems design", "starts_at": "2026-03-02T14:00:00Z"}


@pytest.fixture
def staff() -> Person:
    return a_person(an_organization(), Role.ORG_STAFF)


@pytest.fixture
def learner(staff: Person) -> Person:
    """Somebody who wants to hear of things in the product only."""
    made = a_person(staff.org_id)
    gateway.put("/v1/messaging/preferences", IN_PRODUCT_ONLY, as_=made).expect(200)
    return made


def by_request(staff: Person, learner: Person, channel: Channel) -> None:
    a_message(staff.org_id, Recipient(user_id=learner.user_id), template_key=KEY, category="operational",
              channels=(channel,), variables=VARIABLES)  # fmt: skip


def by_reminder(staff: Person, learner: Person, channel: Channel) -> None:
    policy = {
        "anchor_kind": "class_session", "offset_seconds": -600, "audience": "learner", "channels": [channel.value],
        "template_key": KEY, "category": "operational",
    }  # fmt: skip
    gateway.put("/v1/messaging/reminder-policies/ten-minutes", policy, as_=staff).expect(200)
    at = clock.now().replace(microsecond=0) + timedelta(minutes=12)
    an_anchor(staff.org_id, [Recipient(user_id=learner.user_id, audience="learner")], at=at)
    due = at - timedelta(minutes=9)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: due)
        sweeping.sweep(staff.org_id, stop_at=due + timedelta(minutes=1))
        bus.deliver(staff.org_id)


def by_batch(staff: Person, learner: Person, channel: Channel) -> None:
    body = {
        "channel": channel.value, "template_key": KEY, "variables": VARIABLES,
        "segment": {"user_ids": [str(learner.user_id)]},
    }  # fmt: skip
    gateway.post("/v1/messaging/batches", body, as_=staff).expect(202)
    bus.deliver(staff.org_id)


@pytest.mark.parametrize("channel", OUTSIDE)
@pytest.mark.parametrize("send", [by_request, by_reminder, by_batch])
def test_no_sender_uses_a_channel_that_is_switched_off(
    staff: Person, learner: Person, simulators: Simulators,
    send: Callable[[Person, Person, Channel], None], channel: Channel,
) -> None:  # fmt: skip
    if channel is not Channel.EMAIL:
        its_own_text(staff, channel)
    send(staff, learner, channel)
    (one,) = [found for found in deliveries(staff) if found["channel"] == channel]
    assert (one["state"], one["reason"]) == ("skipped", "preference_channel")
    assert simulators.inbox()["total"] == 0


def its_own_text(staff: Person, channel: Channel) -> None:
    wanted = {
        "key": KEY, "channel": channel.value, "category": "operational", "vendor_template": "agent",
        "body_text": "{{title}} begins {{starts_at}}.",
        "variables": [{"name": "title", "type": "text"}, {"name": "starts_at", "type": "date_time"}],
    }  # fmt: skip
    made = gateway.post("/v1/messaging/templates", wanted, as_=staff).expect(201)
    gateway.patch(f"/v1/messaging/templates/{made['id']}", {"state": "active"}, as_=staff).expect(200)


def test_what_is_told_in_the_product_still_is(staff: Person, learner: Person, simulators: Simulators) -> None:
    by_request(staff, learner, Channel.IN_APP)
    (notice,) = gateway.get("/v1/messaging/notifications", as_=learner).expect(200)["data"]
    assert notice["type"] == "class_reminder"


NOTICES = {
    key: text
    for (key, channel), text in defaults.templates().items()
    if channel == "in_app"
    and key in {"payment-received", "cta-submitted", "assignment-submitted", "message-received", "session-starting-soon"}
}  # fmt: skip


def test_the_plans_five_kinds_of_notification_are_there() -> None:
    assert len(NOTICES) == 5


@pytest.mark.parametrize("notice", NOTICES.values(), ids=list(NOTICES))
def test_each_kind_of_notification_is_unread_until_read_and_leads_to_its_page(
    staff: Person, learner: Person, notice: texting.Text
) -> None:
    target = new_id()
    values: dict[str, Any] = {variable.name: variable.example for variable in notice.variables}
    a_message(staff.org_id, Recipient(user_id=learner.user_id), template_key=notice.key, category=notice.category,
              channels=(Channel.IN_APP,), variables=values, target_type="page", target_id=target)  # fmt: skip
    listed = gateway.get("/v1/messaging/notifications", as_=learner).expect(200)
    (shown,) = listed["data"]
    assert shown["type"] == notice.key.replace("-", "_")
    assert (shown["target_type"], shown["target_id"], shown["read_at"]) == ("page", str(target), None)
    assert "{{" not in shown["title"] + shown["body"]
    gateway.patch(f"/v1/messaging/notifications/{shown['id']}", {"read": True}, as_=learner).expect(200)
    (read,) = gateway.get("/v1/messaging/notifications", as_=learner).expect(200)["data"]
    assert read["read_at"] is not None

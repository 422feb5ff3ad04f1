"""What staff write and no service notes, the edge notes: once, and only what was done."""

from typing import Any
from uuid import uuid4

import pytest

from lodestar.principal import Role
from tests import gateway
from tests.bus import emitted
from tests.factories.identity import a_person, an_organization

pytestmark = pytest.mark.usefixtures("product")
BANKS = "/v1/assessment/item-banks"


def noted(person: gateway.Person) -> list[dict[str, Any]]:
    return [event["data"] for event in emitted(person.org_id, "backbone.audit_recorded")]


def test_a_write_names_the_thing_its_author_and_the_fields_but_no_value() -> None:
    staff = a_person(an_organization(), Role.ORG_STAFF)
    body = {"key": "numbers", "title": "A title that is nobody's business"}
    made = gateway.post(BANKS, body, as_=staff).expect(201)
    gateway.patch(f"{BANKS}/{made['id']}", {"title": "Another"}, as_=staff).expect(200)
    created, changed = noted(staff)
    assert (created["action"], created["subject_type"]) == ("item_bank.created", "item_bank")
    assert (changed["action"], changed["after"]) == ("item_bank.changed", {"fields": ["title"]})
    assert {created["subject_id"], changed["subject_id"]} == {made["id"]}
    assert {one["actor_id"] for one in (created, changed)} == {str(staff.user_id)}
    assert created["after"] == {"fields": ["key", "title"]}
    assert "business" not in str(created)


def test_what_is_repeated_refused_or_only_read_is_not_noted() -> None:
    staff, key = a_person(an_organization(), Role.ORG_STAFF), {"Idempotency-Key": str(uuid4())}
    body = {"key": "numbers", "title": "Numbers"}
    first = gateway.post(BANKS, body, as_=staff, headers=key).expect(201)
    assert gateway.post(BANKS, body, as_=staff, headers=key).expect(201)["id"] == first["id"]
    assert gateway.post(BANKS, body, as_=staff).status == 409
    assert gateway.post(BANKS, {"key": "other"}, as_=staff).status == 422
    assert gateway.patch(f"{BANKS}/{uuid4()}", {"title": "Another"}, as_=staff).status == 404
    gateway.get(BANKS, as_=staff).expect(200)
    assert len(noted(staff)) == 1


def test_what_changes_nothing_is_not_noted() -> None:
    staff = a_person(an_organization(), Role.ORG_STAFF)
    made = gateway.post(BANKS, {"key": "numbers", "title": "Numbers"}, as_=staff).expect(201)
    gateway.patch(f"{BANKS}/{made['id']}", {"title": "Numbers"}, as_=staff, headers=key_of()).expect(200)
    assert len(noted(staff)) == 1


def key_of() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


def test_a_person_s_own_wishes_are_nobody_s_business() -> None:
    learner = a_person(an_organization())
    gateway.put("/v1/messaging/preferences", {"marketing": False}, as_=learner).expect(200)
    assert noted(learner) == []


def test_a_service_s_own_entry_stands_alone() -> None:
    admin = a_person(an_organization(), Role.ORG_ADMIN)
    gateway.put("/v1/identity/feature-flags/peer-practice", {"enabled": True}, as_=admin).expect(200)
    assert [one["action"] for one in noted(admin)] == ["feature_flag.set"]

"""/v1/messaging/preferences and /v1/messaging/suppressions."""

import pytest

from lodestar.principal import Role
from tests import gateway
from tests.factories.identity import a_person, an_organization
from tests.gateway import Person

pytestmark = pytest.mark.usefixtures("product")
PREFERENCES, SUPPRESSIONS = "/v1/messaging/preferences", "/v1/messaging/suppressions"


@pytest.fixture
def staff() -> Person:
    return a_person(an_organization(), Role.ORG_STAFF)


def test_everything_is_wanted_until_somebody_says_otherwise(staff: Person) -> None:
    found = gateway.get(PREFERENCES, as_=staff).expect(200)
    assert (found["email"], found["marketing"], found["version"]) == (True, True, 0)
    body = {"email": False, "phone": "+49 (30) 123 4567", "quiet_from": "22:00", "quiet_until": "07:00"}
    made = gateway.put(PREFERENCES, body, as_=staff).expect(200)
    assert (made["email"], made["phone"], made["version"]) == (False, "+49301234567", 1)
    stale = gateway.put(PREFERENCES, body, as_=staff, headers={"If-Match": '"0"'})
    assert stale.status == 412
    peer = a_person(staff.org_id)
    assert gateway.get(PREFERENCES, as_=peer).expect(200)["email"] is True


@pytest.mark.parametrize(
    "body",
    [
        {"phone": "030 1234567"},
        {"quiet_from": "22:00"},
        {"quiet_from": "22:00+01:00", "quiet_until": "07:00+01:00"},
        {"locale": "not a locale"},
        {"sms": True},
    ],
)
def test_wishes_that_mean_nothing_are_refused(staff: Person, body: dict[str, object]) -> None:
    assert gateway.put(PREFERENCES, body, as_=staff).status == 422


def test_staff_suppress_an_address_once_and_lift_it(staff: Person) -> None:
    body = {"channel": "email", "address": "Ada@Example.org", "note": "Asked by telephone."}
    first = gateway.post(SUPPRESSIONS, body, as_=staff).expect(201)
    assert gateway.post(SUPPRESSIONS, body, as_=staff).expect(201)["id"] == first["id"]
    assert (first["address"], first["reason"]) == ("ada@example.org", "manual")
    url = f"{SUPPRESSIONS}/{first['id']}"
    assert gateway.delete(url, as_=a_person(an_organization(), Role.ORG_STAFF)).status == 404
    assert gateway.delete(url, as_=a_person(staff.org_id)).status == 403
    gateway.delete(url, as_=staff).expect(204)
    assert gateway.get(SUPPRESSIONS, as_=staff).expect(200)["data"] == []


def test_two_addresses_are_not_one(staff: Person) -> None:
    body = {"channel": "email", "address": "a@example.org, b@example.org"}
    assert gateway.post(SUPPRESSIONS, body, as_=staff).status == 422

"""/v1/identity/me: the caller, before and after an organization is chosen."""

from uuid import uuid4

import pytest

from lodestar.principal import Role
from tests import gateway
from tests.factories.identity import a_person, an_organization

pytestmark = pytest.mark.usefixtures("product")
ME = "/v1/identity/me"


def test_a_person_of_two_organizations_reads_where_they_may_go() -> None:
    email = f"{uuid4()}@example.org"
    first = a_person(an_organization(name="Alpha"), Role.LEARNER, Role.INSTRUCTOR, email=email)
    second = a_person(an_organization(name="Beta"), Role.ORG_ADMIN, email=email)
    both = gateway.Person(first.user_id, {**first.memberships, **second.memberships})
    me = gateway.get(ME, as_=both).expect(200)
    assert (me["id"], me["organization_id"]) == (str(first.user_id), None)
    assert [(o["name"], o["roles"]) for o in me["organizations"]] == [
        ("Alpha", ["instructor", "learner"]),
        ("Beta", ["org_admin"]),
    ]
    chosen = {"Lodestar-Organization": str(second.org_id)}
    assert gateway.get(ME, as_=both, headers=chosen).expect(200)["organization_id"] == str(second.org_id)
    assert gateway.get(f"{ME}/permissions", as_=both).expect(400)["code"] == "organization_required"


def test_people_change_their_own_name_and_zone_and_nothing_else() -> None:
    person = a_person(an_organization())
    read = gateway.get(ME, as_=person)
    etag = {"If-Match": read.headers["etag"]}
    changed = gateway.patch(ME, {"time_zone": "Asia/Tokyo"}, as_=person, headers=etag)
    assert changed.expect(200)["time_zone"] == "Asia/Tokyo"
    assert changed.json["display_name"] == read.json["display_name"]
    assert gateway.patch(ME, {"locale": "de"}, as_=person, headers=etag).status == 412
    for field in ("email", "email_verified", "id", "organizations", "roles"):
        assert gateway.patch(ME, {field: "x"}, as_=person).expect(422)["errors"][0]["field"] == field


def test_permissions_follow_from_the_roles() -> None:
    org_id = an_organization()
    learner = gateway.get(f"{ME}/permissions", as_=a_person(org_id)).expect(200)
    assert (learner["permissions"], learner["grantable_roles"]) == (["learning.take"], [])
    staff = gateway.get(f"{ME}/permissions", as_=a_person(org_id, Role.ORG_STAFF)).expect(200)
    assert staff["grantable_roles"] == ["interviewer", "learner"]
    assert "audit.read" not in staff["permissions"]
    admin = gateway.get(f"{ME}/permissions", as_=a_person(org_id, Role.ORG_ADMIN)).expect(200)
    assert "audit.read" in admin["permissions"]
    assert "org_admin" not in admin["grantable_roles"]


def test_a_person_who_is_gone_is_absent() -> None:
    stranger = gateway.Person(uuid4(), {an_organization(): frozenset({Role.LEARNER})})
    assert gateway.get(ME, as_=stranger).status == 404

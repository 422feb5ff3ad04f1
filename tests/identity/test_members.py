"""/v1/identity/members and /invitations: who gives whom which role."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from identity.rules.roles import grantable
from lodestar.db import work_for
from lodestar.principal import Role
from tests import gateway
from tests.bus import emitted
from tests.factories.identity import a_person, an_organization

pytestmark = pytest.mark.usefixtures("product")
MEMBERS = "/v1/identity/members"


def membership_of(admin: gateway.Person, user_id: UUID) -> dict[str, str]:
    row: dict[str, str] = gateway.get(f"{MEMBERS}?user_id={user_id}", as_=admin).expect(200)["data"][0]
    return row


@pytest.mark.parametrize("role", sorted(set(Role) - grantable({Role.ORG_STAFF})))
def test_staff_cannot_give_a_role_above_their_own(role: Role) -> None:
    org_id = an_organization()
    staff, learner = a_person(org_id, Role.ORG_STAFF), a_person(org_id)
    answers = [
        gateway.post(MEMBERS, {"user_id": str(learner.user_id), "role": role}, as_=staff),
        gateway.post("/v1/identity/invitations", {"email": "x@example.org", "role": role}, as_=staff),
        gateway.patch(f"{MEMBERS}/{membership_of(staff, learner.user_id)['id']}", {"role": role}, as_=staff),
    ]
    assert [a.expect(403)["code"] for a in answers] == ["role_not_grantable"] * 3
    assert emitted(org_id) == []


@pytest.mark.parametrize("role", [Role.ORG_ADMIN, Role.PLATFORM_ADMIN])
def test_an_organizations_administrator_makes_no_administrators(role: Role) -> None:
    org_id = an_organization()
    admin, learner = a_person(org_id, Role.ORG_ADMIN), a_person(org_id)
    body = {"user_id": str(learner.user_id), "role": role}
    assert gateway.post(MEMBERS, body, as_=admin).expect(403)["code"] == "role_not_grantable"


def test_a_platform_administrator_exists_in_the_platforms_organization_only() -> None:
    org_id = an_organization()
    platform = gateway.Person(uuid4(), {org_id: frozenset({Role.PLATFORM_ADMIN})})
    body = {"user_id": str(a_person(org_id).user_id), "role": "platform_admin"}
    assert gateway.post(MEMBERS, body, as_=platform).expect(422)["code"] == "role_outside_platform"
    body["role"] = "org_admin"
    assert gateway.post(MEMBERS, body, as_=platform).expect(409)["code"] == "email_not_verified"
    email = f"{uuid4()}@example.org"
    body["user_id"] = str(a_person(org_id, email=email).user_id)
    with work_for(org_id) as session:
        proven = {"email": email, "subject": str(uuid4())}
        session.execute(text("SELECT identity.link_subject(:subject, :email)"), proven)
    assert gateway.post(MEMBERS, body, as_=platform).expect(201)["role"] == "org_admin"


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.PLATFORM_ADMIN, Role.ORG_ADMIN, Role.ORG_STAFF}))
def test_who_is_no_staff_changes_no_member(role: Role) -> None:
    org_id = an_organization()
    person, other = a_person(org_id, role), a_person(org_id, Role.ORG_ADMIN)
    target = f"{MEMBERS}/{membership_of(other, other.user_id)['id']}"
    body = {"user_id": str(person.user_id), "role": "org_staff"}
    answers = [
        gateway.post(MEMBERS, body, as_=person),
        gateway.patch(target, {"role": "learner"}, as_=person),
        gateway.delete(target, as_=person),
        gateway.post("/v1/identity/invitations", {"email": "x@example.org"}, as_=person),
    ]
    assert {answer.status for answer in answers} == {403}


def test_a_further_role_is_told_and_given_once() -> None:
    org_id = an_organization()
    admin, learner = a_person(org_id, Role.ORG_ADMIN), a_person(org_id)
    body = {"user_id": str(learner.user_id), "role": "instructor"}
    made = gateway.post(MEMBERS, body, as_=admin).expect(201)
    assert (made["role"], made["display_name"]) == ("instructor", "Ada Lovelace")
    assert gateway.post(MEMBERS, body, as_=admin).expect(409)["code"] == "already_member"
    (told,) = emitted(org_id, "identity.membership_created")
    assert told["data"] == {
        "membership_id": made["id"],
        "user_id": str(learner.user_id),
        "role": "instructor",
    }
    (noted,) = emitted(org_id, "backbone.audit_recorded")
    assert noted["data"]["action"] == "membership.created"
    assert noted["data"]["actor_id"] == str(admin.user_id)


def test_another_role_instead_needs_the_version_that_was_read() -> None:
    org_id = an_organization()
    admin, person = a_person(org_id, Role.ORG_ADMIN), a_person(org_id, Role.INSTRUCTOR)
    url = f"{MEMBERS}/{membership_of(admin, person.user_id)['id']}"
    changed = gateway.patch(url, {"role": "analyst"}, as_=admin, headers={"If-Match": '"1"'})
    assert (changed.expect(200)["role"], changed.headers["etag"]) == ("analyst", '"2"')
    stale = gateway.patch(url, {"role": "learner"}, as_=admin, headers={"If-Match": '"1"'})
    assert stale.expect(412)["code"] == "stale_version"
    assert gateway.get(f"{MEMBERS}?role=analyst", as_=admin).expect(200)["data"][0]["version"] == 2


def test_an_ended_membership_is_gone_and_ends_once() -> None:
    org_id = an_organization()
    staff, learner = a_person(org_id, Role.ORG_STAFF), a_person(org_id)
    url = f"{MEMBERS}/{membership_of(staff, learner.user_id)['id']}"
    gateway.delete(url, as_=staff).expect(204)
    assert gateway.delete(url, as_=staff).status == 404
    assert gateway.get(f"{MEMBERS}?user_id={learner.user_id}", as_=staff).expect(200)["data"] == []
    body = {"user_id": str(learner.user_id), "role": "learner"}
    gateway.post(MEMBERS, body, as_=staff).expect(201)


def test_the_last_administrator_stays() -> None:
    org_id = an_organization()
    admin = a_person(org_id, Role.ORG_ADMIN)
    url = f"{MEMBERS}/{membership_of(admin, admin.user_id)['id']}"
    assert gateway.delete(url, as_=admin).expect(409)["code"] == "last_administrator"
    a_person(org_id, Role.ORG_ADMIN)
    gateway.delete(url, as_=admin).expect(204)


def test_another_tenants_member_is_absent() -> None:
    ours, theirs = an_organization(), an_organization()
    admin, stranger = a_person(ours, Role.ORG_ADMIN), a_person(theirs)
    their_admin = a_person(theirs, Role.ORG_ADMIN)
    for member_id in (membership_of(their_admin, stranger.user_id)["id"], str(uuid4())):
        url = f"{MEMBERS}/{member_id}"
        assert gateway.patch(url, {"role": "analyst"}, as_=admin).expect(404)["code"] == "not_found"
        assert gateway.delete(url, as_=admin).expect(404)["code"] == "not_found"
    for user_id in (stranger.user_id, uuid4()):
        body = {"user_id": str(user_id), "role": "analyst"}
        assert gateway.post(MEMBERS, body, as_=admin).expect(404)["code"] == "not_found"


def test_members_are_listed_by_page_role_and_address() -> None:
    org_id = an_organization()
    admin = a_person(org_id, Role.ORG_ADMIN, email=f"{uuid4()}@example.org")
    learners = [a_person(org_id) for _ in range(3)]
    first = gateway.get(f"{MEMBERS}?role=learner&limit=2&include=total", as_=admin).expect(200)
    rest = gateway.get(
        f"{MEMBERS}?role=learner&limit=2&cursor={first['page']['next_cursor']}", as_=admin
    ).expect(200)
    seen = [row["user_id"] for row in first["data"] + rest["data"]]
    assert seen == [str(p.user_id) for p in reversed(learners)]
    assert (first["page"]["total"], rest["page"]["next_cursor"]) == (3, None)
    email = membership_of(admin, admin.user_id)["email"]
    found = gateway.get(f"{MEMBERS}?email={email.upper()}", as_=admin).expect(200)["data"]
    assert [row["user_id"] for row in found] == [str(admin.user_id)]


def test_another_tenants_invitation_is_absent() -> None:
    theirs = an_organization()
    their_admin = a_person(theirs, Role.ORG_ADMIN)
    body = {"email": f"{uuid4()}@example.org", "role": "learner"}
    made = gateway.post("/v1/identity/invitations", body, as_=their_admin).expect(201)
    admin = a_person(an_organization(), Role.ORG_ADMIN)
    assert gateway.delete(f"/v1/identity/invitations/{made['id']}", as_=admin).status == 404
    assert gateway.get("/v1/identity/invitations", as_=admin).expect(200)["data"] == []

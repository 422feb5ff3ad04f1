"""/v1/identity/organizations and /role-requests: tenants founded and verified, roles asked for and decided."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import NullPool, create_engine, text

from lodestar.db import work_for
from lodestar.principal import Role
from tests import gateway
from tests.bus import deliver, emitted
from tests.database import Database
from tests.factories.identity import a_person, an_organization

pytestmark = pytest.mark.usefixtures("product")
ORGANIZATIONS = "/v1/identity/organizations"
REQUESTS = "/v1/identity/role-requests"
NOTICES = "/v1/messaging/notifications"


@pytest.fixture
def platform_admin(database: Database) -> gateway.Person:
    """An administrator of the platform's own organization."""
    with create_engine(database.migrator_url, poolclass=NullPool).begin() as connection:
        connection.execute(text("SELECT identity.ensure_administrator('root@example.org')"))
        connection.exec_driver_sql("SET ROLE lodestar_crossing")
        query = text("SELECT id FROM identity.organizations WHERE kind = 'platform'")
        platform: UUID = connection.execute(query).scalar_one()
    return a_person(platform, Role.PLATFORM_ADMIN)


def a_newcomer(*, verified: bool = True) -> gateway.Person:
    """Somebody with an account and no organization ."""
    email = f"{uuid4()}@example.org"
    person = a_person(an_organization(), email=email)
    if verified:
        with work_for(person.org_id) as session:
            parameters = {"email": email, "subject": str(uuid4())}
            session.execute(text("SELECT identity.link_subject(:subject, :email)"), parameters)
            session.execute(text("UPDATE identity.memberships SET ended_at = now()"))
    return gateway.Person(person.user_id, {})


def a_body(**changes: str) -> dict[str, str]:
    return {"kind": "employer", "name": "Acme", "slug": f"acme-{uuid4()}", **changes}


def within(org_id: str) -> dict[str, str]:
    return {"Lodestar-Organization": org_id}


def test_a_founder_administers_once_the_platform_has_verified(platform_admin: gateway.Person) -> None:
    founder = a_newcomer()
    made = gateway.post(ORGANIZATIONS, a_body(), as_=founder).expect(201)
    assert made["state"] == "pending"
    waiting = gateway.get("/v1/identity/me", as_=founder).expect(200)["organizations"]
    assert [(o["state"], o["roles"]) for o in waiting if o["id"] == made["id"]] == [("pending", [])]
    decision = {"decision": "verified", "reason": "In the register."}
    url = f"{ORGANIZATIONS}/{made['id']}/verification-decisions"
    assert gateway.post(url, decision, as_=platform_admin).expect(201)["state"] == "verified"
    assert gateway.post(url, decision, as_=platform_admin).expect(409)["code"] == "already_decided"
    mine = gateway.get("/v1/identity/me", as_=founder).expect(200)["organizations"]
    assert [o["roles"] for o in mine if o["id"] == made["id"]] == [["org_admin"]]
    (told,) = emitted(UUID(made["id"]), "identity.membership_created")
    assert told["data"]["user_id"] == str(founder.user_id)


def test_a_rejected_organization_has_no_administrator(platform_admin: gateway.Person) -> None:
    founder = a_newcomer()
    made = gateway.post(ORGANIZATIONS, a_body(), as_=founder).expect(201)
    url = f"{ORGANIZATIONS}/{made['id']}/verification-decisions"
    gateway.post(url, {"decision": "rejected", "reason": "Unknown."}, as_=platform_admin).expect(201)
    mine = gateway.get("/v1/identity/me", as_=founder).expect(200)["organizations"]
    assert [(o["state"], o["roles"]) for o in mine if o["id"] == made["id"]] == [("rejected", [])]


def test_a_founder_has_a_verified_address_and_a_free_short_name() -> None:
    assert (
        gateway.post(ORGANIZATIONS, a_body(), as_=a_newcomer(verified=False)).expect(409)["code"]
        == "email_not_verified"
    )
    body, founder = a_body(), a_newcomer()
    gateway.post(ORGANIZATIONS, body, as_=founder).expect(201)
    assert gateway.post(ORGANIZATIONS, body, as_=founder).expect(409)["code"] == "slug_taken"
    for field, value in (("kind", "platform"), ("state", "verified"), ("slug", "No Spaces")):
        answer = gateway.post(ORGANIZATIONS, a_body(**{field: value}), as_=founder)
        assert answer.expect(422)["errors"][0]["field"] == field


def test_only_the_platform_sees_every_organization(platform_admin: gateway.Person) -> None:
    ours = an_organization()
    listed = gateway.get(ORGANIZATIONS, as_=a_person(ours, Role.ORG_ADMIN)).expect(200)["data"]
    assert [row["id"] for row in listed] == [str(ours)]
    newest = gateway.get(ORGANIZATIONS, as_=platform_admin).expect(200)["data"]
    assert str(ours) in [row["id"] for row in newest]
    for person, slug, found in (
        (platform_admin, f"org-{ours}", [str(ours)]),
        (platform_admin, "nobody-is-called-so", []),
        (a_person(an_organization(), Role.ORG_ADMIN), f"org-{ours}", []),
    ):
        rows = gateway.get(f"{ORGANIZATIONS}?slug={slug}", as_=person).expect(200)["data"]
        assert [row["id"] for row in rows] == found


def test_another_organization_is_absent() -> None:
    admin, other = a_person(an_organization(), Role.ORG_ADMIN), an_organization()
    for org_id in (other, uuid4()):
        assert gateway.get(f"{ORGANIZATIONS}/{org_id}", as_=admin).status == 404
        assert gateway.patch(f"{ORGANIZATIONS}/{org_id}", {"name": "Mine"}, as_=admin).status == 404
    decision = {"decision": "verified", "reason": "Mine."}
    url = f"{ORGANIZATIONS}/{other}/verification-decisions"
    assert gateway.post(url, decision, as_=admin).expect(403)["code"] == "forbidden"


def test_an_organizations_administrator_changes_it_with_its_settings() -> None:
    org_id = an_organization()
    admin, url = a_person(org_id, Role.ORG_ADMIN), f"{ORGANIZATIONS}/{org_id}"
    read = gateway.get(url, as_=admin)
    assert (read.expect(200)["support_email"], read.json["default_locale"]) == (None, "en")
    body = {"name": "New College", "support_email": "help@example.org", "default_locale": "de"}
    changed = gateway.patch(url, body, as_=admin, headers={"If-Match": read.headers["etag"]}).expect(200)
    assert {name: changed[name] for name in body} == body
    kept = gateway.patch(url, {"support_email": None}, as_=admin).expect(200)
    assert (kept["support_email"], kept["default_locale"], kept["name"]) == (None, "de", "New College")
    stale = gateway.patch(url, {"name": "X"}, as_=admin, headers={"If-Match": '"1"'})
    assert stale.expect(412)["code"] == "stale_version"
    assert gateway.patch(url, {"name": "X"}, as_=a_person(org_id, Role.ORG_STAFF)).status == 403
    assert [e["data"]["action"] for e in emitted(org_id)] == ["organization.changed"] * 2


def ask(person: gateway.Person, role: str, org_id: UUID | None = None) -> gateway.Answer:
    body = {"role": role, "reason": "I teach here."}
    return gateway.post(REQUESTS, body | ({"organization_id": str(org_id)} if org_id else {}), as_=person)


def decide(
    admin: gateway.Person, request_id: str, ruling: str = "approved", headers: dict[str, str] | None = None
) -> gateway.Answer:
    body = {"decision": ruling, "reason": "Confirmed."}
    return gateway.post(f"{REQUESTS}/{request_id}/decisions", body, as_=admin, headers=headers)


def test_a_newcomer_asks_to_join_and_is_approved_once() -> None:
    org_id, newcomer = an_organization(), a_newcomer()
    admin = a_person(org_id, Role.ORG_ADMIN)
    assert ask(newcomer, "learner").expect(400)["code"] == "organization_required"
    assert ask(newcomer, "learner", uuid4()).status == 404
    request = ask(newcomer, "instructor", org_id).expect(201)
    assert ask(newcomer, "instructor", org_id).expect(409)["code"] == "already_requested"
    assert decide(admin, request["id"]).expect(201)["state"] == "approved"
    assert decide(admin, request["id"]).expect(409)["code"] == "already_decided"
    assert ask(newcomer, "instructor", org_id).expect(409)["code"] == "already_member"
    (told,) = emitted(org_id, "identity.membership_created")
    assert told["data"]["user_id"] == str(newcomer.user_id)


def test_a_rejected_request_makes_nobody_a_member() -> None:
    org_id = an_organization()
    learner, admin = a_person(org_id), a_person(org_id, Role.ORG_ADMIN)
    request = ask(learner, "analyst").expect(201)
    decided = decide(admin, request["id"], "rejected").expect(201)
    assert (decided["state"], decided["decided_by"]) == ("rejected", str(admin.user_id))
    assert emitted(org_id, "identity.membership_created") == []


def test_administrators_are_approved_by_the_platform_and_have_a_verified_address(
    platform_admin: gateway.Person,
) -> None:
    org_id = an_organization()
    admin, unverified = a_person(org_id, Role.ORG_ADMIN), a_person(org_id, Role.ORG_STAFF)
    assert ask(unverified, "org_admin").expect(409)["code"] == "email_not_verified"
    request = ask(a_newcomer(), "org_admin", org_id).expect(201)
    assert decide(admin, request["id"]).expect(403)["code"] == "role_not_grantable"
    there = within(str(org_id))
    assert decide(platform_admin, request["id"], headers=there).expect(201)["state"] == "approved"


def test_requests_are_seen_by_their_asker_and_by_administrators() -> None:
    org_id = an_organization()
    first, second, admin = a_person(org_id), a_person(org_id), a_person(org_id, Role.ORG_ADMIN)
    request = ask(first, "analyst").expect(201)
    assert [r["id"] for r in gateway.get(REQUESTS, as_=first).expect(200)["data"]] == [request["id"]]
    assert gateway.get(REQUESTS, as_=second).expect(200)["data"] == []
    listed = gateway.get(f"{REQUESTS}?state=pending", as_=admin).expect(200)["data"]
    assert [r["id"] for r in listed] == [request["id"]]
    assert decide(second, request["id"]).status == 403
    stranger = a_person(an_organization(), Role.ORG_ADMIN)
    assert decide(stranger, request["id"]).expect(404)["code"] == "not_found"


def letters(org_id: UUID) -> list[tuple[str, list[str | None], dict[str, str]]]:
    """What messaging was asked to send: the template, to whom, saying what."""
    found = (event["data"] for event in emitted(org_id, "messaging.message_requested"))
    return [
        (
            one["template_key"],
            [r["user_id"] or r["email"] for r in one["recipients"]],
            one["variables"],
        )
        for one in found
    ]


def test_administrators_are_told_of_a_request_and_its_asker_of_the_decision() -> None:
    org_id = an_organization()
    learner, admin = a_person(org_id), a_person(org_id, Role.ORG_ADMIN)
    request = ask(learner, "analyst").expect(201)
    deliver(org_id)
    [(template, told, said)] = letters(org_id)
    assert (template, told) == ("role-requested", [str(admin.user_id)])
    assert said == {
        "person_name": "Ada Lovelace", "role_name": "analyst", "asked_of": "Riverside College",
    }  # fmt: skip
    decide(admin, request["id"]).expect(201)
    deliver(org_id, again=True)
    template, told, said = letters(org_id)[-1]
    assert (template, told, said["decision"]) == (
        "role-request-decided",
        [str(learner.user_id)],
        "approved",
    )
    for person, words in ((admin, "asks for a role"), (learner, "was approved")):
        titles = [n["title"] for n in gateway.get(NOTICES, as_=person).expect(200)["data"]]
        assert len([title for title in titles if words in title]) == 1, "told once, however often"


def test_who_asked_from_outside_and_is_rejected_is_told_by_mail() -> None:
    org_id, newcomer = an_organization(), a_newcomer()
    admin = a_person(org_id, Role.ORG_ADMIN)
    request = ask(newcomer, "instructor", org_id).expect(201)
    decide(admin, request["id"], "rejected").expect(201)
    deliver(org_id)
    template, (address,), said = letters(org_id)[-1]
    assert (template, said["decision"]) == ("role-request-decided", "rejected")
    assert "@example.org" in str(address)


def test_the_platform_s_administrators_are_told_who_asks_to_administer(
    platform_admin: gateway.Person,
) -> None:
    org_id = an_organization(name=f"College {uuid4()}")
    a_person(org_id, Role.ORG_ADMIN)
    ask(a_newcomer(), "org_admin", org_id).expect(201)
    deliver(org_id)
    assert letters(org_id) == [], "whom it is not for to decide"
    told = [one for one in letters(platform_admin.org_id) if one[2]["asked_of"].startswith("College")]
    assert str(platform_admin.user_id) in told[-1][1]


def test_nobody_decides_on_their_own_request(platform_admin: gateway.Person) -> None:
    org_id = an_organization()
    admin = a_person(org_id, Role.ORG_ADMIN)
    own = ask(admin, "instructor").expect(201)
    assert decide(admin, own["id"]).expect(403)["code"] == "own_request"
    assert decide(a_person(org_id, Role.ORG_ADMIN), own["id"]).expect(201)["state"] == "approved"

"""/v1/identity/public: registrations, and invitations accepted."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import boto3
import pytest
from sqlalchemy import text

from identity import user_pool
from lodestar import clock
from lodestar.config import settings
from lodestar.db import work_for
from lodestar.principal import NOBODY, Role
from tests import gateway
from tests.bus import emitted
from tests.factories.identity import a_person, an_organization

pytestmark = pytest.mark.usefixtures("product")
PUBLIC = "/v1/identity/public"
PASSWORD = "Correct-Horse-7"


def an_address() -> str:
    return f"{uuid4()}@example.org"


def an_invitation(
    org_id: UUID, *, email: str, role: Role = Role.LEARNER, by: Role = Role.ORG_ADMIN
) -> dict[str, Any]:
    """A fresh invitation with its token."""
    inviter = a_person(org_id, by)
    body = {"email": email, "role": role}
    made: dict[str, Any] = gateway.post("/v1/identity/invitations", body, as_=inviter).expect(201)
    return made


def accept(token: str, *, password: str = PASSWORD, name: str = "Grace Hopper") -> gateway.Answer:
    body = {"password": password, "display_name": name, "time_zone": "America/New_York"}
    return gateway.post(f"{PUBLIC}/invitations/{token}", body)


def sign_in(email: str, password: str = PASSWORD) -> dict[str, Any]:
    answer: dict[str, Any] = boto3.client("cognito-idp").initiate_auth(
        ClientId=settings().need("user_pool_client_id"),
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": password},
    )
    return answer


def account(email: str) -> Any:
    return boto3.client("cognito-idp").admin_get_user(
        UserPoolId=settings().need("user_pool_id"), Username=email
    )


def roles_of(org_id: UUID, email: str) -> list[str]:
    query = """
        SELECT m.role FROM identity.memberships AS m JOIN identity.users AS u ON u.id = m.user_id
        WHERE u.email = :email AND m.ended_at IS NULL
    """
    with work_for(org_id) as session:
        return list(session.scalars(text(query), {"email": email}))


def test_who_accepts_an_invitation_is_a_member_and_signs_in() -> None:
    org_id, email = an_organization(name="Riverside"), an_address()
    invitation = an_invitation(org_id, email=email.upper())
    assert invitation["url"].endswith(f"/invitations/{invitation['token']}")
    offer = gateway.get(f"{PUBLIC}/invitations/{invitation['token']}").expect(200)
    assert (offer["organization_name"], offer["email"], offer["role"]) == ("Riverside", email, "learner")
    assert accept(invitation["token"]).expect(201) == {
        "organization_id": str(org_id),
        "email": email,
        "role": "learner",
    }
    assert sign_in(email)["AuthenticationResult"]["AccessToken"]
    assert roles_of(org_id, email) == ["learner"]
    (told,) = emitted(org_id, "identity.membership_created")[-1:]
    assert told["data"]["role"] == "learner"


def test_an_invitation_is_good_once() -> None:
    org_id, email = an_organization(), an_address()
    token = an_invitation(org_id, email=email)["token"]
    accept(token).expect(201)
    assert accept(token).expect(409)["code"] == "invitation_closed"
    assert gateway.get(f"{PUBLIC}/invitations/{token}").expect(409)["code"] == "invitation_closed"
    assert roles_of(org_id, email) == ["learner"]


def test_an_invitation_ends_after_72_hours() -> None:
    org_id, email = an_organization(), an_address()
    invitation = an_invitation(org_id, email=email)
    with work_for(org_id) as session:
        lifetime = text("SELECT expires_at - created_at FROM identity.invitations")
        assert timedelta(hours=71, minutes=59) < session.execute(lifetime).scalar_one() < timedelta(hours=73)
        session.execute(
            text("UPDATE identity.invitations SET expires_at = :past"),
            {"past": clock.now() - timedelta(seconds=1)},
        )
    assert "expired" in accept(invitation["token"]).expect(409)["detail"]
    assert roles_of(org_id, email) == []


def test_an_invitation_that_is_revoked_while_the_account_is_made_makes_no_member(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second transaction trusts nothing that the first has read of it."""
    org_id, email = an_organization(), an_address()
    invitation = an_invitation(org_id, email=email)
    make = user_pool.account_for

    def revoke_and_make(**asked: Any) -> str:
        with work_for(org_id) as session:
            session.execute(text("UPDATE identity.invitations SET revoked_at = now()"))
        return make(**asked)

    monkeypatch.setattr(user_pool, "account_for", revoke_and_make)
    assert "revoked" in accept(invitation["token"]).expect(409)["detail"]
    assert roles_of(org_id, email) == []


def test_a_revoked_a_replaced_and_a_guessed_link_open_nothing() -> None:
    org_id, email = an_organization(), an_address()
    admin = a_person(org_id, Role.ORG_ADMIN)
    revoked, replaced = an_invitation(org_id, email=an_address()), an_invitation(org_id, email=email)
    gateway.delete(f"/v1/identity/invitations/{revoked['id']}", as_=admin).expect(204)
    gateway.delete(f"/v1/identity/invitations/{revoked['id']}", as_=admin).expect(204)
    latest = an_invitation(org_id, email=email)
    for token in (revoked["token"], replaced["token"]):
        assert "revoked" in accept(token).expect(409)["detail"]
    assert accept("A" * 43).expect(404)["code"] == "not_found"
    accept(latest["token"]).expect(201)
    assert gateway.delete(f"/v1/identity/invitations/{latest['id']}", as_=admin).status == 409


def test_a_second_click_is_the_same_invitation_and_later_the_same_wish_is_a_new_one() -> None:
    """Two clicks, one after the other, sent two letters of which the first led nowhere (R2, whole)."""
    org_id, email = an_organization(), an_address()
    admin = a_person(org_id, Role.ORG_ADMIN)

    def invited() -> dict[str, Any]:
        body = {"email": email, "role": "learner"}
        made: dict[str, Any] = gateway.post("/v1/identity/invitations", body, as_=admin).expect(201)
        return made

    first = invited()
    assert invited() == first
    assert len(emitted(org_id, "messaging.message_requested")) == 1
    with work_for(org_id) as session:
        past = {"past": clock.now() - timedelta(minutes=2)}
        session.execute(text("UPDATE identity.invitations SET created_at = :past"), past)
    later = invited()
    assert (later["id"] != first["id"], accept(first["token"]).status) == (True, 409)
    accept(later["token"]).expect(201)


def test_a_token_is_shown_once_and_kept_as_a_hash() -> None:
    org_id = an_organization()
    admin = a_person(org_id, Role.ORG_ADMIN)
    body, key = {"email": an_address(), "role": "learner"}, {"Idempotency-Key": str(uuid4())}
    first = gateway.post("/v1/identity/invitations", body, as_=admin, headers=key)
    token = first.expect(201)["token"]
    assert first.headers["cache-control"] == "no-store"
    again = gateway.post("/v1/identity/invitations", body, as_=admin, headers=key)
    assert again.expect(409)["code"] == "secret_already_shown"
    listed = gateway.get("/v1/identity/invitations", as_=admin)
    assert [row["state"] for row in listed.expect(200)["data"]] == ["open"]
    with work_for(org_id) as session:
        for table in (
            "identity.invitations",
            "backbone.outbox",
            "backbone.idempotency_keys",
            "backbone.audit_events",
        ):
            rows = session.scalars(text(f"SELECT row_to_json(t)::text FROM {table} AS t")).all()
            assert not any(token in row for row in rows), table


def test_the_same_key_accepts_once_and_answers_the_same() -> None:
    org_id, email = an_organization(), an_address()
    token = an_invitation(org_id, email=email)["token"]
    body = {"password": PASSWORD, "display_name": "Grace Hopper"}
    key = {"Idempotency-Key": str(uuid4())}
    first = gateway.post(f"{PUBLIC}/invitations/{token}", body, headers=key)
    assert gateway.post(f"{PUBLIC}/invitations/{token}", body, headers=key).text == first.text
    assert first.expect(201)["email"] == email


def test_a_member_elsewhere_joins_with_their_own_password_only() -> None:
    here, there, email = an_organization(), an_organization(), an_address()
    accept(an_invitation(here, email=email)["token"]).expect(201)
    token = an_invitation(there, email=email)["token"]
    assert accept(token, password="Another-Horse-7").expect(403)["code"] == "wrong_password"
    assert roles_of(there, email) == []
    accept(token).expect(201)
    assert roles_of(there, email) == ["learner"]


def test_an_inviter_does_not_become_a_person_whom_others_know() -> None:
    """Somebody who is a member, but never signed in: the link must not make their account."""
    email = an_address()
    victim = a_person(an_organization(), Role.ORG_ADMIN, email=email)
    token = an_invitation(an_organization(), email=email)["token"]
    assert accept(token).expect(409)["code"] == "registration_required"
    with pytest.raises(boto3.client("cognito-idp").exceptions.UserNotFoundException):
        account(email)
    assert gateway.get("/v1/identity/me", as_=victim).expect(200)["email_verified"] is False


def test_an_acceptance_that_was_cut_off_goes_on() -> None:
    org_id, email = an_organization(), an_address()
    token = an_invitation(org_id, email=email)["token"]
    boto3.client("cognito-idp").admin_create_user(
        UserPoolId=settings().need("user_pool_id"),
        Username=email,
        TemporaryPassword=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
    )
    accept(token).expect(201)
    assert sign_in(email)["AuthenticationResult"]["AccessToken"]


def test_an_unproven_account_does_not_stand_in_the_way() -> None:
    org_id, email = an_organization(), an_address()
    register(email, password="Squatters-Horse-7").expect(202)
    accept(an_invitation(org_id, email=email)["token"]).expect(201)
    assert sign_in(email)["AuthenticationResult"]["AccessToken"]
    attributes = {a["Name"]: a["Value"] for a in account(email)["UserAttributes"]}
    assert attributes["email_verified"] == "true"


def register(email: str, *, password: str = PASSWORD) -> gateway.Answer:
    body = {"email": email, "password": password, "display_name": "Mary Jackson", "time_zone": "Africa/Lagos"}
    return gateway.post(f"{PUBLIC}/registrations", body)


def test_who_registers_proves_the_address_and_signs_in() -> None:
    email = an_address()
    assert register(email).expect(202)["email"] == email
    assert account(email)["UserStatus"] == "UNCONFIRMED"
    code = {"email": email, "code": "123456"}
    assert gateway.post(f"{PUBLIC}/email-verifications", code).expect(200)["verified"] is True
    assert sign_in(email)["AuthenticationResult"]["AccessToken"]


def test_the_last_registration_before_the_code_counts() -> None:
    email = an_address()
    register(email, password="Squatters-Horse-7").expect(202)
    register(email).expect(202)
    gateway.post(f"{PUBLIC}/email-verifications", {"email": email, "code": "123456"}).expect(200)
    with pytest.raises(boto3.client("cognito-idp").exceptions.NotAuthorizedException):
        sign_in(email, "Squatters-Horse-7")
    assert sign_in(email)["AuthenticationResult"]["AccessToken"]


def test_a_known_address_is_not_told_of_and_keeps_its_password() -> None:
    email = an_address()
    unknown = register(an_address()).expect(202)
    accept(an_invitation(an_organization(), email=email)["token"]).expect(201)
    known = register(email, password="Another-Horse-7").expect(202)
    assert known["next_step"] == unknown["next_step"]
    assert sign_in(email)["AuthenticationResult"]["AccessToken"]


def test_one_address_gets_five_codes_in_a_quarter_of_an_hour() -> None:
    email = an_address()
    answers = [register(email) for _ in range(6)]
    assert [a.status for a in answers] == [202] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nobody"),
        ("email", "a b@example.org"),
        ("password", "short"),
        ("display_name", ""),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("role", "org_admin"),
    ],
)
def test_a_registration_that_makes_no_sense_says_which_field(field: str, value: str) -> None:
    body = {
        "email": an_address(),
        "password": PASSWORD,
        "display_name": "Mary Jackson",
        "time_zone": "UTC",
        field: value,
    }
    assert gateway.post(f"{PUBLIC}/registrations", body).expect(422)["errors"][0]["field"] == field


def test_a_wrong_code_is_refused() -> None:
    body = {"email": an_address(), "code": "000000"}
    assert gateway.post(f"{PUBLIC}/email-verifications", body).expect(422)["code"] == "code_refused"


def test_without_the_user_pool_nothing_is_half_done(monkeypatch: pytest.MonkeyPatch) -> None:
    org_id, email = an_organization(), an_address()
    token = an_invitation(org_id, email=email)["token"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    assert accept(token).expect(503)["code"] == "unavailable"
    monkeypatch.undo()
    settings.cache_clear()
    assert roles_of(org_id, email) == []
    accept(token).expect(201)


def test_a_public_request_sees_no_person() -> None:
    email = an_address()
    register(email).expect(202)
    with work_for(NOBODY) as session:
        query = text("SELECT count(*) FROM identity.users WHERE email = :email")
        assert session.scalar(query, {"email": email}) == 0, "row-level security hides people from nobody"

"""The authorizer: which credentials open the door, and as whom."""

import base64
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from sqlalchemy import text

from backbone import tokens
from backbone.authorizer import handler
from lodestar import clock
from lodestar.auth import principal_from
from lodestar.config import settings
from lodestar.db import work_for
from lodestar.principal import Role
from tests import gateway
from tests.backbone.conftest import UserPool, a_key
from tests.factories.identity import a_person, an_organization

METHOD_ARN = "arn:aws:execute-api:us-east-1:000000000000:api/live/GET/v1/identity/me"


def ask(header: str | None, *, name: str = "Authorization") -> dict[str, Any]:
    return handler({"methodArn": METHOD_ARN, "headers": {name: header} if header else {}}, None)


def refused(header: str | None) -> bool:
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        ask(header)
    return True


def an_account(pool: UserPool, *, email: str | None = None) -> tuple[gateway.Person, str]:
    """A member whose account has been seen before, and its subject."""
    address = email or f"{uuid4()}@example.org"
    person, subject = a_person(an_organization(), Role.LEARNER, email=address), str(uuid4())
    ask(f"Bearer {pool.id_token(subject, address)}")
    return person, subject


def test_an_access_token_is_its_owner_with_their_memberships(pool: UserPool) -> None:
    person, subject = an_account(pool)
    answer = ask(f"bearer {pool.token(subject)}", name="authorization")
    statement = answer["policyDocument"]["Statement"][0]
    assert (statement["Effect"], statement["Resource"]) == (
        "Allow",
        METHOD_ARN.split("/", maxsplit=1)[0] + "/live/*",
    )
    assert all(isinstance(value, str) for value in answer["context"].values())
    principal = principal_from(answer["context"], organization=None, needed_scope="identity:read")
    assert (principal.user_id, principal.org_id) == (person.user_id, person.org_id)
    assert principal.roles == {Role.LEARNER}


def test_an_account_is_joined_with_the_person_of_its_verified_address(pool: UserPool) -> None:
    person = a_person(an_organization(), email="linked@example.org")
    subject = str(uuid4())
    answer = ask(f"Bearer {pool.id_token(subject, 'Linked@Example.org')}")
    assert answer["context"]["user_id"] == str(person.user_id)


def test_a_person_who_has_an_account_does_not_get_a_second_one(pool: UserPool) -> None:
    an_account(pool, email="taken@example.org")
    answer = ask(f"Bearer {pool.id_token(str(uuid4()), 'taken@example.org')}")
    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Deny"
    assert "context" not in answer


def test_a_good_token_of_a_stranger_is_denied(pool: UserPool) -> None:
    answer = ask(f"Bearer {pool.id_token(str(uuid4()), f'{uuid4()}@example.org')}")
    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Deny"


def test_an_unverified_address_joins_nobody(pool: UserPool) -> None:
    email = f"{uuid4()}@example.org"
    a_person(an_organization(), email=email)
    assert refused(f"Bearer {pool.id_token(str(uuid4()), email, verified=False)}")


def b64(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def public_pem(pool: UserPool) -> bytes:
    return (
        pool.keys["first"]
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def signed_by_hmac(pool: UserPool, subject: str) -> str:
    """RS/HS confusion: the public key as an HMAC secret."""
    import hashlib
    import hmac

    head = f"{b64({'alg': 'HS256', 'kid': 'first', 'typ': 'JWT'})}.{b64(pool.claims(subject))}"
    digest = hmac.new(public_pem(pool), head.encode(), hashlib.sha256).digest()
    return f"{head}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def tampered(pool: UserPool, subject: str) -> str:
    head, _, signature = pool.token(str(uuid4())).split(".")
    return f"{head}.{b64(pool.claims(subject))}.{signature}"


def with_stranger_key(pool: UserPool, subject: str, headers: dict[str, Any]) -> str:
    return jwt.encode(pool.claims(subject), a_key("stranger"), algorithm="RS256", headers=headers)


FORGERIES: dict[str, Callable[[UserPool, str], str]] = {
    "unsigned": lambda p, s: f"{b64({'alg': 'none', 'kid': 'first'})}.{b64(p.claims(s))}.",
    "unsigned, in capitals": lambda p, s: f"{b64({'alg': 'NONE', 'kid': 'first'})}.{b64(p.claims(s))}.",
    "RS/HS confusion": signed_by_hmac,
    "RS384": lambda p, s: jwt.encode(
        p.claims(s), p.keys["first"], algorithm="RS384", headers={"kid": "first"}
    ),
    "PS256": lambda p, s: jwt.encode(
        p.claims(s), p.keys["first"], algorithm="PS256", headers={"kid": "first"}
    ),
    "changed claims": tampered,
    "a stranger's signature": lambda p, s: with_stranger_key(p, s, {"kid": "first"}),
    "an unknown key": lambda p, s: with_stranger_key(p, s, {"kid": "other"}),
    "no key id": lambda p, s: jwt.encode(p.claims(s), p.keys["first"], algorithm="RS256"),
    "a key of its own": lambda p, s: with_stranger_key(
        p, s, {"kid": "other", "jku": "https://evil.example/keys", "x5u": "https://evil.example/x"}
    ),
    "a key id that is a path": lambda p, s: with_stranger_key(p, s, {"kid": "../../dev/null"}),
    "a critical extension": lambda p, s: p.token(s, headers={"crit": ["exp"]}),
    "another issuer": lambda p, s: p.token(s, iss="https://cognito-idp.us-east-1.amazonaws.com/us-east-1_x"),
    "no issuer": lambda p, s: p.token(s, iss=None),
    "another client": lambda p, s: p.token(s, client_id="other"),
    "no client": lambda p, s: p.token(s, client_id=None),
    "an audience instead of a client": lambda p, s: p.token(s, client_id=None, aud=p.client_id),
    "an ID token of another client": lambda p, s: p.token(s, token_use="id", client_id=None, aud="other"),
    "an ID token with a client only": lambda p, s: p.token(s, token_use="id"),
    "another use": lambda p, s: p.token(s, token_use="refresh"),
    "no use": lambda p, s: p.token(s, token_use=None),
    "expired": lambda p, s: p.token(s, iat=int(time.time()) - 7200, exp=int(time.time()) - 60),
    "no expiry": lambda p, s: p.token(s, exp=None),
    "not yet valid": lambda p, s: p.token(s, nbf=int(time.time()) + 600),
    "issued in the future": lambda p, s: p.token(s, iat=int(time.time()) + 600),
    "no subject": lambda p, s: p.token(s, sub=None),
    "cut off": lambda p, s: p.token(s)[:-20],
    "two parts": lambda p, s: p.token(s).rpartition(".")[0],
    "no token": lambda p, s: "undefined",
    "not ASCII": lambda p, s: "ö.ö.ö",
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_token_is_refused(pool: UserPool, forgery: Callable[[UserPool, str], str]) -> None:
    _, subject = an_account(pool)
    assert ask(f"Bearer {pool.token(subject)}")["context"], "the honest token opens the door"
    assert refused(f"Bearer {forgery(pool, subject)}")


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer ", "Basic YTpi", "lsk_"])
def test_without_a_credential_there_is_no_way_in(pool: UserPool, header: str | None) -> None:
    assert refused(header)


def test_a_new_key_of_the_pool_is_found_and_an_unknown_one_does_not_ask_again(pool: UserPool) -> None:
    _, subject = an_account(pool)
    assert pool.reads == 1
    pool.keys["second"] = a_key("second")
    rotated = jwt.encode(
        pool.claims(subject), pool.keys["second"], algorithm="RS256", headers={"kid": "second"}
    )
    assert refused(f"Bearer {rotated}")
    assert pool.reads == 1, "asked less than a minute ago"
    pool.later_seconds = tokens.FETCH_AT_MOST_EVERY_SECONDS + 1
    assert ask(f"Bearer {rotated}")["context"]
    assert pool.reads == 2


def test_known_keys_serve_while_the_pool_does_not_answer(pool: UserPool) -> None:
    _, subject = an_account(pool)
    pool.down = True
    pool.later_seconds = tokens.KEYS_GOOD_FOR_SECONDS + 1
    assert ask(f"Bearer {pool.token(subject)}")["context"]
    assert pool.reads == 2


def test_without_any_keys_the_answer_is_a_failure_not_a_refusal(pool: UserPool) -> None:
    pool.down = True
    with pytest.raises(tokens.KeysUnavailable):
        ask(f"Bearer {pool.token('anybody')}")


def a_key_of(person: gateway.Person, **options: Any) -> dict[str, Any]:
    body = {"name": "Import", "scopes": ["learning:read", "identity:read"], **options}
    made: dict[str, Any] = gateway.post("/v1/identity/api-keys", body, as_=person).expect(201)
    return made


def change_key(org_id: UUID, key_id: str, change: str, value: object) -> None:
    with work_for(org_id) as session:
        session.execute(
            text(f"UPDATE identity.api_keys SET {change} = :value WHERE id = :id"),
            {"value": value, "id": key_id},
        )


def test_an_api_key_acts_as_its_maker_within_its_scopes(pool: UserPool) -> None:
    admin = a_person(an_organization(), Role.ORG_ADMIN)
    made = a_key_of(admin)
    context = ask(f"Bearer {made['key']}")["context"]
    principal = principal_from(context, organization=None, needed_scope="learning:read")
    assert (principal.user_id, principal.org_id) == (admin.user_id, admin.org_id)
    assert str(principal.api_key_id) == made["id"]
    assert principal.scopes == {"learning:read", "identity:read"}
    with pytest.raises(Exception, match="lacks the scope"):
        principal_from(context, organization=None, needed_scope="learning:write")


def test_a_keys_use_is_noted_at_most_once_a_minute(pool: UserPool) -> None:
    admin = a_person(an_organization(), Role.ORG_ADMIN)
    made = a_key_of(admin)

    def last_used() -> str:
        return str(gateway.get("/v1/identity/api-keys", as_=admin).expect(200)["data"][0]["last_used_at"])

    ask(f"Bearer {made['key']}")
    first = last_used()
    ask(f"Bearer {made['key']}")
    assert last_used() == first != "None"
    change_key(admin.org_id, made["id"], "last_used_at", clock.now() - timedelta(minutes=2))
    ask(f"Bearer {made['key']}")
    assert last_used() > first


def test_an_expired_revoked_cut_or_guessed_key_is_refused(pool: UserPool) -> None:
    admin = a_person(an_organization(), Role.ORG_ADMIN)
    expired, revoked = a_key_of(admin), a_key_of(admin)
    change_key(admin.org_id, expired["id"], "expires_at", clock.now() - timedelta(seconds=1))
    gateway.delete(f"/v1/identity/api-keys/{revoked['id']}", as_=admin).expect(204)
    for key in (expired["key"], revoked["key"], a_key_of(admin)["key"][:-1], "lsk_guess"):
        assert refused(f"Bearer {key}")


def test_a_key_ends_with_its_makers_membership(pool: UserPool) -> None:
    admin = a_person(an_organization(), Role.ORG_ADMIN)
    made = a_key_of(admin)
    with work_for(admin.org_id) as session:
        session.execute(text("UPDATE identity.memberships SET ended_at = now()"))
    assert refused(f"Bearer {made['key']}")


def test_a_person_of_the_user_pool_signs_in_with_an_access_token(
    pool: UserPool, aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user pool's own tokens, whose access token does not say the address."""
    import boto3

    pool_id, client_id = settings().need("user_pool_id"), settings().need("user_pool_client_id")
    monkeypatch.setenv("JWKS_URL", f"{aws}/{pool_id}/.well-known/jwks.json")
    monkeypatch.setenv("TOKEN_ISSUER", f"https://cognito-idp.us-east-1.amazonaws.com/{pool_id}")
    settings.cache_clear()
    email, password = f"{uuid4()}@example.org", "Correct-Horse-7"
    person = a_person(an_organization(), email=email)
    cognito = boto3.client("cognito-idp")
    attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
    cognito.admin_create_user(UserPoolId=pool_id, Username=email, UserAttributes=attributes)
    cognito.admin_set_user_password(UserPoolId=pool_id, Username=email, Password=password, Permanent=True)
    signed_in = cognito.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": password},
    )
    token = signed_in["AuthenticationResult"]["AccessToken"]
    assert ask(f"Bearer {token}")["context"]["user_id"] == str(person.user_id)

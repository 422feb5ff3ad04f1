"""The authorizer: which credentials open the door, and as whom."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from sqlalchemy import text

from backbone import tokens
from backbone.authorizer import handler
from lodestar import clock
from lodestar.auth import principal_from
from lodestar.config import settings
from lodestar.db import work_for
from lodestar.principal import Role
from tests import gateway
from tests.factories.identity import a_person, an_organization
from tests.user_pool import UserPool, a_key

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

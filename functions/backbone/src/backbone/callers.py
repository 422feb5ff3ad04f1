"""Who is behind a token or an API key, as identity's functions across tenants tell."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text

from backbone.tokens import BadToken, Claims, verify
from lodestar import aws
from lodestar.db import unit_of_work
from lodestar.log import log
from lodestar.principal import NO_TENANT

API_KEY_PREFIX = "lsk_"
SERVER_ERRORS = 500
BY_SUBJECT = text("SELECT user_id, memberships FROM identity.resolve_subject(:subject)")
LINK = text("SELECT identity.link_subject(:subject, :email)")
BY_KEY = text(
    "SELECT api_key_id, user_id, memberships, scopes, expires_at, calls_per_minute"
    " FROM identity.resolve_api_key(:hash)"
)


class UnknownPerson(Exception):
    """A good token of somebody whom identity does not know."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The authorizer's context (lodestar.auth), strings only."""

    user_id: str
    memberships: str
    expires_at: str
    api_key_id: str = ""
    scopes: str = ""
    calls_per_minute: str = ""


def resolve(credential: str) -> Caller:
    """The caller with this token or API key. Raises `BadToken`, `UnknownPerson`."""
    return _by_key(credential) if credential.startswith(API_KEY_PREFIX) else _by_token(credential)


def _by_key(key: str) -> Caller:
    with unit_of_work(NO_TENANT) as session:
        row = session.execute(BY_KEY, {"hash": hashlib.sha256(key.encode()).hexdigest()}).first()
    if row is None:
        raise BadToken("api key")
    return Caller(
        user_id=str(row.user_id),
        memberships=json.dumps(row.memberships),
        expires_at=str(int(row.expires_at.timestamp())),
        api_key_id=str(row.api_key_id),
        scopes=" ".join(row.scopes),
        calls_per_minute=str(row.calls_per_minute),
    )


def _by_token(token: str) -> Caller:
    claims = verify(token)
    found = _known(claims.subject) or _first_sight(claims, token)
    return Caller(
        user_id=str(found.user_id),
        memberships=json.dumps(found.memberships),
        expires_at=str(claims.expires_at),
    )


def _known(subject: str) -> Row[Any] | None:
    with unit_of_work(NO_TENANT, read_only=True) as session:
        return session.execute(BY_SUBJECT, {"subject": subject}).first()


def _first_sight(claims: Claims, token: str) -> Row[Any]:
    """Join the account with the person of its verified address."""
    email = claims.verified_email or _email_of_account(token)
    if email is not None:
        with unit_of_work(NO_TENANT) as session:
            linked = session.scalar(LINK, {"subject": claims.subject, "email": email})
        found = _known(claims.subject)
        if found is not None:
            log.info("account_linked", user_id=str(linked))
            return found
    raise UnknownPerson


def _email_of_account(token: str) -> str | None:
    """An access token does not say its owner's address; the user pool does."""
    try:
        account = aws.call("cognito-idp", "AWSCognitoIdentityProviderService.GetUser", {"AccessToken": token})
    except aws.AwsRefused as error:
        if error.status < SERVER_ERRORS:
            raise BadToken("account") from error
        raise
    attributes = {a["Name"]: a["Value"] for a in account["UserAttributes"]}
    return attributes.get("email") if attributes.get("email_verified") == "true" else None

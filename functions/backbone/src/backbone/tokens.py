"""Access and ID tokens of the Cognito user pool (RFC 7519, RFC 8725; Cognito's "Verifying JSON web tokens")."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import jwt

from lodestar.config import settings
from lodestar.log import log

ALGORITHM = "RS256"
LEEWAY_SECONDS = 10
FETCH_TIMEOUT = httpx.Timeout(3.0, connect=1.0)
FETCH_AT_MOST_EVERY_SECONDS = 60
KEYS_GOOD_FOR_SECONDS = 3600
REQUIRED = ["exp", "iat", "iss", "sub", "token_use"]


class BadToken(Exception):
    """Not a token of our user pool for our client, or no longer."""


class KeysUnavailable(RuntimeError):
    """The user pool's keys cannot be read, so nothing can be said about a token."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a good token says. `verified_email` comes with ID tokens only, and only when the pool verified it."""

    subject: str
    expires_at: int
    verified_email: str | None


class SigningKeys:
    """The user pool's public keys, fetched when needed: hourly, and for an unknown key id at most once a minute."""

    def __init__(self, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._keys: dict[str, jwt.PyJWK] = {}
        self._asked_at = self._good_until = float("-inf")

    def key(self, key_id: str) -> jwt.PyJWK:
        """Raises `BadToken` for an id that the user pool does not have, `KeysUnavailable` when it cannot be asked."""
        now = self._seconds()
        lacking = key_id not in self._keys or now > self._good_until
        if not self._keys or (lacking and now - self._asked_at > FETCH_AT_MOST_EVERY_SECONDS):
            self._fetch(now)
        try:
            return self._keys[key_id]
        except KeyError:
            raise BadToken("unknown key") from None

    def _fetch(self, now: float) -> None:
        """Keys that are known stay in use while the user pool does not answer."""
        self._asked_at = now
        try:
            answer = httpx.get(settings().need("jwks_url"), timeout=FETCH_TIMEOUT)
            answer.raise_for_status()
            found = jwt.PyJWKSet.from_dict(answer.json()).keys
        except (httpx.HTTPError, ValueError, jwt.PyJWTError) as error:
            if not self._keys:
                raise KeysUnavailable(type(error).__name__) from error
            log.warning("signing_keys_unavailable", reason=type(error).__name__)
            return
        self._keys = {key.key_id: key for key in found if key.key_id and key.key_type == "RSA"}
        self._good_until = now + KEYS_GOOD_FOR_SECONDS


signing_keys = SigningKeys()


def verify(token: str) -> Claims:
    """The claims of a token that our user pool signed for our client and that holds now. Raises `BadToken`.

    The key is chosen by its id among the pool's own: whatever else the header says of keys is not looked at.
    """
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") != ALGORITHM or "crit" in header or not isinstance(header.get("kid"), str):
            raise BadToken("header")
        claims: dict[str, Any] = jwt.decode(
            token,
            signing_keys.key(header["kid"]),
            algorithms=[ALGORITHM],
            issuer=settings().need("token_issuer"),
            leeway=LEEWAY_SECONDS,
            options={"require": REQUIRED, "verify_aud": False},
        )
    except (jwt.PyJWTError, RecursionError, OverflowError) as error:
        raise BadToken(type(error).__name__) from error
    _require_our_client(claims)
    return Claims(claims["sub"], int(claims["exp"]), _verified_email(claims))


def _require_our_client(claims: dict[str, Any]) -> None:
    named = {"access": claims.get("client_id"), "id": claims.get("aud")}.get(claims["token_use"])
    if named != settings().need("user_pool_client_id"):
        raise BadToken("client")


def _verified_email(claims: dict[str, Any]) -> str | None:
    verified = claims.get("email_verified") in (True, "true")
    email = claims.get("email")
    is_id_token = claims["token_use"] == "id"  # noqa: S105 - a kind of token, not a secret
    return email if is_id_token and verified and isinstance(email, str) else None

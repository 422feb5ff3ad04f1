"""`Idempotency-Key`: a repeated POST gets the first one's answer, and has no second effect.

The key's row is claimed in the request's own transaction, so a concurrent twin waits for it, and a request that
crashed leaves no trace. Answers with `Cache-Control: no-store` hold a secret and are never kept.
"""

import hashlib
import json
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from lodestar.db import principal_of
from lodestar.problems import IdempotencyKeyReused, SecretAlreadyShown

CLAIM = text(
    """
    INSERT INTO backbone.idempotency_keys (user_id, route, key, fingerprint)
    VALUES (:user_id, :route, :key, :fingerprint)
    ON CONFLICT (org_id, user_id, route, key) DO UPDATE SET fingerprint = idempotency_keys.fingerprint
    RETURNING fingerprint, status, body, headers, (xmax = 0) AS fresh
    """
)
SAVE = text(
    """
    UPDATE backbone.idempotency_keys SET status = :status, body = :body, headers = CAST(:headers AS jsonb)
    WHERE user_id = :user_id AND route = :route AND key = :key
    """
)
SECRET_FIELDS = frozenset({"password"})
KEPT_HEADERS = ("etag", "location", "content-type")


@dataclass(frozen=True, slots=True)
class Claim:
    """A request's hold on its key."""

    route: str
    key: str
    fingerprint: str


class Replay(Exception):
    """Not an error: the answer was given before and is given again."""

    def __init__(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers


def claim_of(*, key: str, method: str, path: str, body: bytes) -> Claim:
    """What identifies the request: its key within caller, method and path; its content by hash.

    A password never enters the hash, which would let whoever read the table try passwords against it.
    """
    return Claim(f"{method} {path}", key, hashlib.sha256(_without_secrets(body)).hexdigest())


def _without_secrets(body: bytes) -> bytes:
    try:
        content = json.loads(body)
    except ValueError:
        return body
    if not isinstance(content, dict) or SECRET_FIELDS.isdisjoint(content):
        return body
    return json.dumps({name: value for name, value in content.items() if name not in SECRET_FIELDS}).encode()


def claim(session: Session, wanted: Claim) -> None:
    """Take the key, or raise `Replay`, `IdempotencyKeyReused` or `SecretAlreadyShown`.

    A row without a status is a request of several transactions that died between them: it is done again.
    """
    user_id = principal_of(session).user_id
    parameters = {
        "user_id": user_id,
        "route": wanted.route,
        "key": wanted.key,
        "fingerprint": wanted.fingerprint,
    }
    row = session.execute(CLAIM, parameters).one()
    if row.fresh:
        return
    if row.fingerprint != wanted.fingerprint:
        raise IdempotencyKeyReused()
    if row.status is None:
        return
    if row.body is None:
        raise SecretAlreadyShown()
    raise Replay(row.status, row.body.encode(), row.headers)


def save(session: Session, claimed: Claim, *, status: int, body: bytes, headers: dict[str, str]) -> None:
    """Keep the answer under the key, in the transaction of its effect."""
    secret = headers.get("cache-control") == "no-store"
    parameters = {
        "user_id": principal_of(session).user_id,
        "route": claimed.route,
        "key": claimed.key,
        "status": status,
        "body": None if secret else body.decode(),
        "headers": json.dumps({name: headers[name] for name in KEPT_HEADERS if name in headers}),
    }
    session.execute(SAVE, parameters)

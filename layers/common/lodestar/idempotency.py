"""`Idempotency-Key`: a repeated POST gets the first one's answer, and has no second effect (docs/adr/0001).

The key's row is claimed by the first statement of the request's transaction and answered by its last, so a twin waits
for it and a request that crashed leaves no trace. A request of several transactions commits its claim with the first:
the claim is a lease, which twins wait for, and which runs out should its holder die. Answers with
`Cache-Control: no-store` hold a secret and are never kept; an endpoint that can make its answer anew is asked again.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from lodestar.db import principal_of, turn_to
from lodestar.ids import new_id
from lodestar.principal import Principal
from lodestar.problems import IdempotencyKeyReused, RequestInProgress, SecretAlreadyShown
from lodestar.responses import sqlstate

LEASE_SECONDS = 30
"""No request lives longer: API Gateway gives one up after 29 seconds."""
PATIENCE_SECONDS = 5
"""How long a twin waits for the first one's answer: as long as for a lock (the role's lock_timeout)."""
POLL_SECONDS = 0.1
LOCK_NOT_AVAILABLE = "55P03"

CLAIM = text(
    """
    INSERT INTO backbone.idempotency_keys AS held
      (user_id, route, key, fingerprint, intent_id, holder, leased_until)
    VALUES
      (:user_id, :route, :key, :fingerprint, :holder, :holder, clock_timestamp() + make_interval(secs => :lease))
    ON CONFLICT (org_id, user_id, route, key) DO UPDATE SET
      holder = CASE WHEN held.leased_until < now() THEN excluded.holder ELSE held.holder END,
      leased_until = CASE WHEN held.leased_until < now() THEN excluded.leased_until ELSE held.leased_until END
    RETURNING fingerprint, status, body, headers, intent_id, holder
    """
)
OF_HOLDER = "WHERE user_id = :user_id AND route = :route AND key = :key AND holder = :holder"
SAVE = text(
    """
    SELECT backbone.save_answer(
      :org_id, :user_id, :route, :key, :holder, :status, :body, CAST(:headers AS jsonb))
    """
)
"""Enters for whom the key was claimed, who may be of another organization than the one that was written to."""
UNANSWERED = f"{OF_HOLDER} AND status IS NULL"
END_LEASE = text(f"UPDATE backbone.idempotency_keys SET leased_until = '-infinity' {UNANSWERED}")
FORGET = text(f"DELETE FROM backbone.idempotency_keys {UNANSWERED}")
SECRET_FIELDS = frozenset({"password"})
PUBLIC = "/public/"
KEPT_HEADERS = ("etag", "location", "content-type")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request wants to hold: its key, and of which content it is.

    Of an operation that `is_made_anew` a repeated request runs again, where its answer could not be kept.
    """

    route: str
    key: str
    fingerprint: str
    is_made_anew: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A claim that was granted. `intent_id` is the same for every try of the request."""

    claim: Claim
    holder: UUID
    intent_id: UUID
    is_answered: bool

    @property
    def is_resumed(self) -> bool:
        """An earlier try was answered, died, or failed by something that may pass; what it committed stands."""
        return self.is_answered or self.holder != self.intent_id


class Replay(Exception):
    """Not an error: the answer was given before and is given again."""

    def __init__(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers


def claim_of(*, key: str, method: str, path: str, body: bytes) -> Claim:
    """What identifies the request: its key within caller, method and path; its content by hash.

    A password never enters the hash, which would let whoever read the table try passwords against it.
    """
    return Claim(f"{method} {_without_token(path)}", key, hashlib.sha256(_without_secrets(body)).hexdigest())


def _without_token(path: str) -> str:
    """A public path may end in a link's token, which is kept nowhere: its hash tells paths apart as well."""
    before, public, after = path.partition(PUBLIC)
    return f"{before}{public}{hashlib.sha256(after.encode()).hexdigest()}" if public else path


def _without_secrets(body: bytes) -> bytes:
    try:
        content = json.loads(body)
    except ValueError:
        return body
    if not isinstance(content, dict) or SECRET_FIELDS.isdisjoint(content):
        return body
    return json.dumps({name: value for name, value in content.items() if name not in SECRET_FIELDS}).encode()


def claim(session: Session, wanted: Claim) -> Held:
    """Take the key. Raises `Replay`, `IdempotencyKeyReused`, `SecretAlreadyShown`, and `RequestInProgress` while a
    twin works.

    A row without an answer whose lease ran out is of a request that died between its transactions: it is resumed.
    """
    holder = new_id()
    claiming = {"fingerprint": wanted.fingerprint, "holder": holder, "lease": LEASE_SECONDS}
    try:
        row = session.execute(CLAIM, {**_key(session, wanted), **claiming}).one()
    except DBAPIError as error:
        if sqlstate(error) == LOCK_NOT_AVAILABLE:
            raise RequestInProgress() from error
        raise
    if row.fingerprint != wanted.fingerprint:
        raise IdempotencyKeyReused()
    is_answered = row.status is not None
    if not is_answered and row.holder != holder:
        raise RequestInProgress()
    if row.body is not None:
        raise Replay(row.status, row.body.encode(), row.headers)
    if is_answered and not wanted.is_made_anew:
        raise SecretAlreadyShown()
    return Held(wanted, row.holder, row.intent_id, is_answered)


def save(
    session: Session, principal: Principal, held: Held, *, status: int, body: bytes, headers: dict[str, str]
) -> None:
    """Keep the answer to `principal` under the key, in the transaction of its effect.

    Raises `RequestInProgress`, and so undoes that transaction, when the lease ran out and a twin took over.
    """
    if principal_of(session) != principal:
        turn_to(session, principal)
    answer = {
        "status": status,
        "body": None if headers.get("cache-control") == "no-store" else body.decode(),
        "headers": json.dumps({name: headers[name] for name in KEPT_HEADERS if name in headers}),
    }
    if not session.scalar(SAVE, {**_holder(session, held), **answer, "org_id": principal.org_id}):
        raise RequestInProgress()


def let_go(session: Session, held: Held, *, refused: bool) -> None:
    """A request of several transactions failed. A refusal leaves no trace; anything else may be resumed at once.

    A request that was answered before stays answered.
    """
    session.execute(FORGET if refused else END_LEASE, _holder(session, held))


def _key(session: Session, claim: Claim) -> dict[str, Any]:
    return {"user_id": principal_of(session).user_id, "route": claim.route, "key": claim.key}


def _holder(session: Session, held: Held) -> dict[str, Any]:
    return {**_key(session, held.claim), "holder": held.holder}

"""What people will ask about later: who did what to which thing, before and after, and why.

`record` emits with the caller's transaction; one consumer in identity chains the entries by hash, so that the writers
never wait for each other.
"""

from typing import Any, ClassVar
from uuid import UUID

from pydantic import AwareDatetime
from sqlalchemy.orm import Session

from lodestar import clock, events
from lodestar.db import principal_of
from lodestar.principal import Principal

AUDITED = "audited"
"""In a session's info: this transaction has an entry for the log."""
VERBS = {"POST": "created", "PATCH": "changed", "PUT": "replaced", "DELETE": "deleted"}


class AuditRecorded(events.Event):
    """An entry for the audit log, on its way to the chain."""

    name: ClassVar[str] = "backbone.audit_recorded"
    action: str
    actor_id: UUID
    api_key_id: UUID | None
    subject_type: str
    subject_id: UUID
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str | None
    occurred_at: AwareDatetime


def record(
    session: Session,
    action: str,
    *,
    subject_type: str,
    subject_id: UUID,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """Note `action` (`"attempt.decided"`) with this transaction. `before` and `after` are JSON-ready."""
    session.info[AUDITED] = True
    principal = principal_of(session)
    entry = AuditRecorded(
        action=action,
        actor_id=principal.user_id,
        api_key_id=principal.api_key_id,
        subject_type=subject_type,
        subject_id=subject_id,
        before=before,
        after=after,
        reason=reason,
        occurred_at=clock.now(),
    )
    events.emit(session, entry)


def noted_later(session: Session) -> None:
    """What this transaction begins has its entry when it is done: the edge makes none."""
    session.info[AUDITED] = True


def record_request(
    session: Session,
    caller: Principal,
    *,
    method: str,
    path: str,
    made: UUID | None,
    fields: list[str] | None,
) -> None:
    """Note what staff did of which no service has an entry of its own (SB-47), and what anybody deleted.

    The action names the last noun of the operation's `path` and what was done: `lesson_item.replaced`. The subject is
    what was `made` or named by the path, else the organization. Of the content only the
    names of the `fields` that were sent are kept.
    """
    if session.info.get(AUDITED) or not (caller.is_staff or method == "DELETE"):
        return
    noun = _singular(_nouns(path)[-1])
    subject_id = made or principal_of(session).org_id
    after = None if fields is None else {"fields": fields}
    record(session, f"{noun}.{VERBS[method]}", subject_type=noun, subject_id=subject_id, after=after)


def _nouns(path: str) -> list[str]:
    """The words of `/v1/<domain>/...` that are no values."""
    return [part.replace("-", "_") for part in path.split("/")[3:] if not part.startswith("{")]


def _singular(noun: str) -> str:
    if noun.endswith("ies"):
        return f"{noun[:-3]}y"
    return noun.removesuffix("es") if noun.endswith("sses") else noun.removesuffix("s")

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

"""The audit log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from lodestar.api import ReadModel


class AuditEventRead(ReadModel):
    """Who did what to which thing. `hash` covers the entry and `previous_hash`, in the order of `sequence`."""

    id: UUID
    sequence: int
    action: str
    actor_id: UUID
    api_key_id: UUID | None
    subject_type: str
    subject_id: UUID
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str | None
    correlation_id: str
    occurred_at: datetime
    previous_hash: str
    hash: str

"""The audit log."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from lodestar.api import ReadModel, WriteModel

Hash = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


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


class AuditHead(WriteModel):
    """An entry's place and hash, which stand for it and everything before it."""

    sequence: int = Field(ge=0, le=2**62, examples=[41])
    hash: Hash = Field(examples=["0" * 64])


class AuditHeadRead(ReadModel):
    """The chain's last entry; sequence 0 when nothing was recorded."""

    sequence: int
    hash: str


class AuditVerificationCreate(WriteModel):
    """Without `head` the chain is held against itself. With one that was noted before, somewhere else, also what was
    cut off its end or written anew is found."""

    head: AuditHead | None = None

"""The audit log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Computed
from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base


class AuditEvent(Base):
    """One entry of an organization's chain; the database refuses to change or remove it."""

    __tablename__ = "audit_events"
    __table_args__ = ({"schema": "backbone"},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    org_id: Mapped[UUID]
    sequence: Mapped[int]
    action: Mapped[str]
    area: Mapped[str | None] = mapped_column(Computed("split_part(action, '.', 1)", persisted=True))
    actor_id: Mapped[UUID]
    api_key_id: Mapped[UUID | None]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    reason: Mapped[str | None]
    correlation_id: Mapped[str]
    occurred_at: Mapped[datetime]
    previous_hash: Mapped[str]
    hash: Mapped[str]

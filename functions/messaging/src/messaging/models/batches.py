"""One message to many."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, VersionedRow


class MessageBatch(VersionedRow, Base):
    """One template to a segment. `expanded_after` is how far its recipients have become deliveries."""

    __tablename__ = "message_batches"
    __table_args__ = ({"schema": "messaging"},)

    channel: Mapped[str]
    category: Mapped[str]
    template_key: Mapped[str]
    variables: Mapped[dict[str, Any]] = mapped_column(default=dict)
    segment: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="pending")
    expanded_after: Mapped[str | None]
    total: Mapped[int] = mapped_column(default=0)
    operation_id: Mapped[UUID]
    created_by: Mapped[UUID | None]
    completed_at: Mapped[datetime | None]
    problem_detail: Mapped[str | None]

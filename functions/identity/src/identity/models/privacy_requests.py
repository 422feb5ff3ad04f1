"""Requests to hand out or to erase what is kept of a person."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, VersionedRow


class PrivacyRequest(VersionedRow, Base):
    """`kind` is `export` or `erase`; `state` is `pending`, `approved`, `running`, `completed`, `rejected` or `failed`.

    `requested_by` is None where a retention period asks.
    """

    __tablename__ = "privacy_requests"
    __table_args__ = ({"schema": "identity"},)

    user_id: Mapped[UUID]
    requested_by: Mapped[UUID | None]
    kind: Mapped[str]
    state: Mapped[str]
    due_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None]
    operation_id: Mapped[UUID]
    claimed_by: Mapped[str | None]
    claimed_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    export_key: Mapped[str | None]
    export_bytes: Mapped[int | None]
    export_expires_at: Mapped[datetime | None]
    certificate: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    completed_at: Mapped[datetime | None]
    problem_detail: Mapped[str | None]

"""Requests for a role, and what was decided."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, VersionedRow


class RoleRequest(VersionedRow, Base):
    """A person asks an organization for a role. `state` is `pending`, `approved` or `rejected`."""

    __tablename__ = "role_requests"
    __table_args__ = ({"schema": "identity"},)

    user_id: Mapped[UUID]
    role: Mapped[str]
    reason: Mapped[str]
    state: Mapped[str] = mapped_column(default="pending")
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None]

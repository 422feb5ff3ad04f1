"""Files of the audit log."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, VersionedRow


class AuditExport(VersionedRow, Base):
    """The audit log up to its head at the time it was asked for, as a file that is kept until `expires_at`."""

    __tablename__ = "audit_exports"
    __table_args__ = ({"schema": "identity"},)

    requested_by: Mapped[UUID]
    format: Mapped[str]
    head_sequence: Mapped[int]
    head_hash: Mapped[str]
    state: Mapped[str] = mapped_column(default="pending")
    operation_id: Mapped[UUID]
    tries: Mapped[int] = mapped_column(default=0)
    byte_count: Mapped[int | None]
    storage_key: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]

"""Tables that staff asked for."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base
from lodestar.leases import LeasedRow


class Export(LeasedRow, Base):
    """A table of the learners, or of a metric's groups, for whom `filters` hold. `reading` is whose eyes a metric is
    seen with; `storage_key` is the file's until it expires."""

    __tablename__ = "exports"
    __table_args__ = ({"schema": "insights"},)

    requested_by: Mapped[UUID]
    kind: Mapped[str] = mapped_column(default="learners")
    metric: Mapped[str | None]
    reading: Mapped[str] = mapped_column(default="exact")
    format: Mapped[str]
    filters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    operation_id: Mapped[UUID]
    row_count: Mapped[int] = mapped_column(default=0)
    byte_count: Mapped[int | None]
    storage_key: Mapped[str | None]
    expires_at: Mapped[datetime | None]

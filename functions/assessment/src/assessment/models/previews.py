"""Samples of what a draft would give learners."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base
from lodestar.leases import LeasedRow


class Preview(LeasedRow, Base):
    """A sample that staff asked for. `draft` is what they are about to save, and where the sample stands. It
    goes at `expires_at`."""

    __tablename__ = "previews"
    __table_args__ = ({"schema": "assessment"},)

    requested_by: Mapped[UUID]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    draft: Mapped[dict[str, Any]]
    digest: Mapped[str]
    operation_id: Mapped[UUID]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    expires_at: Mapped[datetime]

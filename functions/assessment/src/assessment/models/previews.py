"""Samples of what a draft would give learners."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, VersionedRow


class Preview(VersionedRow, Base):
    """A sample that staff asked for. `draft` is what they are about to save, and where the sample stands; `run_id`
    names the run that makes it, and `updated_at` is when that run last said something. It goes at `expires_at`."""

    __tablename__ = "previews"
    __table_args__ = ({"schema": "assessment"},)

    requested_by: Mapped[UUID]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    draft: Mapped[dict[str, Any]]
    digest: Mapped[str]
    state: Mapped[str] = mapped_column(default="pending")
    operation_id: Mapped[UUID]
    run_id: Mapped[UUID | None]
    tries: Mapped[int] = mapped_column(default=0)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    problem_detail: Mapped[str | None]
    completed_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]

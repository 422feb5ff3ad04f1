"""Learners' appeals against a grade."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, VersionedRow


class Appeal(VersionedRow, Base):
    """One appeal an attempt; `state` is `open`, `upheld` or `dismissed`."""

    __tablename__ = "appeals"
    __table_args__ = ({"schema": "assessment"},)

    attempt_id: Mapped[UUID]
    learner_id: Mapped[UUID]
    reason: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    answer: Mapped[str | None]

"""The learners of an organization as learning publishes them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from lodestar.db import type_map


class Published(DeclarativeBase):
    """Views of other domains, which no migration of ours makes."""

    metadata = MetaData()
    type_annotation_map = type_map


class Enrolled(Published):
    """A learner on a program: `learning.v_enrollments`, to be read only."""

    __tablename__ = "v_enrollments"
    __table_args__ = ({"schema": "learning"},)

    enrollment_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    program_id: Mapped[UUID]
    version_id: Mapped[UUID]
    background_id: Mapped[UUID | None]
    cohort_id: Mapped[UUID | None]
    status: Mapped[str]
    stars: Mapped[int]
    tier: Mapped[str | None]
    enrolled_at: Mapped[datetime]
    progressed_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]

"""Lessons of a course, and the files and links that go with them."""

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, VersionedRow


class Lesson(VersionedRow, Base):
    """One lesson in one version: a video (`asset_id`), or a text (`body` alone)."""

    __tablename__ = "lessons"
    __table_args__ = ({"schema": "learning"},)

    version_id: Mapped[UUID] = mapped_column(primary_key=True)
    program_id: Mapped[UUID]
    module_id: Mapped[UUID]
    key: Mapped[str]
    title: Mapped[str]
    summary: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=1)
    required: Mapped[bool] = mapped_column(default=True)
    estimated_minutes: Mapped[int | None]
    asset_id: Mapped[UUID | None]
    body: Mapped[str | None]

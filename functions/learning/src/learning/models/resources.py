"""What a learner may take along from a lesson."""

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, VersionedRow


class Resource(VersionedRow, Base):
    """A link (`url`) or a file (`asset_id`) beside a lesson; not versioned, so that a dead link can be mended."""

    __tablename__ = "resources"
    __table_args__ = ({"schema": "learning"},)

    program_id: Mapped[UUID]
    lesson_id: Mapped[UUID]
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    url: Mapped[str | None]
    asset_id: Mapped[UUID | None]
    position: Mapped[int] = mapped_column(default=1)

"""What of a program a learner has done."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, TenantRow


class LessonProgress(TenantRow, Base):
    """`completed_at` needs coverage (video) or `read_at` (text), and the quiz where one is enabled."""

    __tablename__ = "lesson_progress"
    __table_args__ = ({"schema": "learning"},)

    enrollment_id: Mapped[UUID]
    lesson_id: Mapped[UUID]
    last_opened_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    read_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]


class ModuleProgress(TenantRow, Base):
    """A module that is done."""

    __tablename__ = "module_progress"
    __table_args__ = ({"schema": "learning"},)

    enrollment_id: Mapped[UUID]
    module_id: Mapped[UUID]
    completed_at: Mapped[datetime] = mapped_column(server_default=text("now()"))

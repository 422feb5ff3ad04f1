"""Cohorts: learners who take a program together."""

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, VersionedRow


class Cohort(VersionedRow, Base):
    """An intake of one organization into one program, from `starts_on` to `ends_on`, both included.

    `capacity` is how many may be in it who have not withdrawn; None sets no limit. Nobody joins an archived one.
    """

    __tablename__ = "cohorts"
    __table_args__ = ({"schema": "learning"},)

    program_id: Mapped[UUID]
    title: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    capacity: Mapped[int | None]
    archived: Mapped[bool] = mapped_column(default=False)

"""Which organization is offered which program."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from lodestar.db import Base, VersionedRow


class ProgramAssignment(VersionedRow, Base):
    """`org_id` is offered the program of `owner_id`. After `ended_at` nobody new is enrolled; who is, goes on."""

    __tablename__ = "program_assignments"
    __table_args__ = ({"schema": "learning"},)

    owner_id: Mapped[UUID]
    program_id: Mapped[UUID]
    assigned_by: Mapped[UUID]
    ended_at: Mapped[datetime | None]

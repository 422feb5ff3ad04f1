"""Enrollments: a learner on a program version, with the standing that awards and tier changes give them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column, query_expression

from lodestar.db import Base, VersionedRow


class Enrollment(VersionedRow, Base):
    """`stars` (0 to 5) and `tier` are caches that the data layer holds to `stage_awards` and `tier_changes` (X-08).

    `evidence_since`: an override took stars back then; each is earned again by evidence newer than this (X-47).
    `hidden`: the program is switched off for learners (JR-14); what is read for learners knows it.
    """

    __tablename__ = "enrollments"
    __table_args__ = ({"schema": "learning"},)

    learner_id: Mapped[UUID]
    program_id: Mapped[UUID]
    version_id: Mapped[UUID]
    background_id: Mapped[UUID | None]
    cohort_id: Mapped[UUID | None]
    stars: Mapped[int] = mapped_column(default=0)
    tier: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="active")
    completed_at: Mapped[datetime | None]
    progressed_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    evidence_since: Mapped[datetime | None]
    hidden: Mapped[bool] = query_expression()

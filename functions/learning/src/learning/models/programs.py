"""Programs, their versions, and a version's stages."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, VersionedRow, tenant_key


class Program(VersionedRow, Base):
    """What learners enrol on. `type` is `job_readiness` (five stars) or `study`."""

    __tablename__ = "programs"
    __table_args__ = ({"schema": "learning"},)

    key: Mapped[str]
    type: Mapped[str]
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    archived_at: Mapped[datetime | None]


class ProgramVersion(VersionedRow, Base):
    """A program as it is taught. The one with no `published_at` is the draft; the others never change.

    `edited_at` is set by the data layer when the draft's stages, modules or lessons change.
    """

    __tablename__ = "program_versions"
    __table_args__ = (tenant_key("program_id", "learning.programs"), {"schema": "learning"})

    program_id: Mapped[UUID]
    number: Mapped[int]
    published_at: Mapped[datetime | None]
    tier_ranges: Mapped[list[dict[str, Any]]]
    promotion_enabled: Mapped[bool] = mapped_column(default=False)
    promotion_after_stars: Mapped[list[int]] = mapped_column(JSONB, default=list)
    edited_at: Mapped[datetime | None]


class Stage(VersionedRow, Base):
    """What earns one star: `required_count` pieces of `kind`, or, for courses, every required lesson (None)."""

    __tablename__ = "stages"
    __table_args__ = (tenant_key("version_id", "learning.program_versions"), {"schema": "learning"})

    program_id: Mapped[UUID]
    version_id: Mapped[UUID]
    star: Mapped[int]
    kind: Mapped[str]
    required_count: Mapped[int | None]
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    earned_text: Mapped[str] = mapped_column(default="")

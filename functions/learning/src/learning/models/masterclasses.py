"""Masterclasses: recorded talks, alike for all tiers (JR-28)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, TenantRow, VersionedRow


class Masterclass(VersionedRow, Base):
    """A talk of a program. `deleted_at` takes it away from everybody; completions of it still count."""

    __tablename__ = "masterclasses"
    __table_args__ = ({"schema": "learning"},)

    program_id: Mapped[UUID]
    key: Mapped[str]
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    speaker: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=1)
    asset_id: Mapped[UUID | None]
    active: Mapped[bool] = mapped_column(default=True)
    deleted_at: Mapped[datetime | None]


class MasterclassCompletion(TenantRow, Base):
    """A masterclass that an enrollment's learner watched to 95 percent."""

    __tablename__ = "masterclass_completions"
    __table_args__ = ({"schema": "learning"},)

    enrollment_id: Mapped[UUID]
    masterclass_id: Mapped[UUID]
    completed_at: Mapped[datetime]

"""What an enrollment's standing follows from: star awards, tier changes, declined promotions, overrides."""

from typing import Any
from uuid import UUID

from sqlalchemy import Identity
from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, TenantRow


class StageAward(TenantRow, Base):
    """A star with its evidence. It stands until an override supersedes it; it is never recomputed."""

    __tablename__ = "stage_awards"
    __table_args__ = ({"schema": "learning"},)

    enrollment_id: Mapped[UUID]
    star: Mapped[int]
    evidence: Mapped[dict[str, Any]]
    override_id: Mapped[UUID | None]
    superseded_by: Mapped[UUID | None]


class TierChange(TenantRow, Base):
    """A tier, and why it changed: `initial`, `promotion` (with the exam's attempt) or `override`."""

    __tablename__ = "tier_changes"
    __table_args__ = ({"schema": "learning"},)

    sequence: Mapped[int] = mapped_column(Identity(always=True))
    enrollment_id: Mapped[UUID]
    old_tier: Mapped[str | None]
    new_tier: Mapped[str]
    cause: Mapped[str]
    star: Mapped[int]
    attempt_id: Mapped[UUID | None]
    override_id: Mapped[UUID | None]
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)


class PromotionDecline(TenantRow, Base):
    """The offer that came with `star` was skipped."""

    __tablename__ = "promotion_declines"
    __table_args__ = ({"schema": "learning"},)

    enrollment_id: Mapped[UUID]
    star: Mapped[int]
    target_tier: Mapped[str]

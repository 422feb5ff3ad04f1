"""Overrides: what staff set a learner's star or tier to, and why (JR-51)."""

from uuid import UUID

from sqlalchemy.orm import Mapped

from lodestar.db import Base, TenantRow


class ProgressOverride(TenantRow, Base):
    """One decision of staff. It supersedes what was earned, and says who, what and why."""

    __tablename__ = "progress_overrides"
    __table_args__ = ({"schema": "learning"},)

    enrollment_id: Mapped[UUID]
    decided_by: Mapped[UUID]
    reason: Mapped[str]
    old_star: Mapped[int]
    new_star: Mapped[int]
    old_tier: Mapped[str | None]
    new_tier: Mapped[str | None]

"""What can be attempted, and how each tier differs."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, VersionedRow, tenant_key


class Assessment(VersionedRow, Base):
    """One per module, and one promotion exam per program.

    `bank_id` holds the items of an initial assessment, or the generic items of a course's quiz (JR-22).
    `passing_score` is in percent; limits that are None do not apply.
    """

    __tablename__ = "assessments"
    __table_args__ = ({"schema": "assessment"},)

    kind: Mapped[str]
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    instructions: Mapped[str] = mapped_column(default="")
    program_id: Mapped[UUID | None]
    module_id: Mapped[UUID | None]
    bank_id: Mapped[UUID | None]
    rubric_id: Mapped[UUID | None]
    question_count: Mapped[int | None]
    passing_score: Mapped[Decimal]
    time_limit_seconds: Mapped[int | None]
    max_attempts: Mapped[int | None]
    attempt_window_days: Mapped[int | None]
    active: Mapped[bool] = mapped_column(default=True)


class TierTemplate(VersionedRow, Base):
    """How an assessment differs at one tier (JR-20); for a promotion exam, the bank of the tier aimed at."""

    __tablename__ = "tier_templates"
    __table_args__ = (
        tenant_key("assessment_id", "assessment.assessments", ondelete="CASCADE"),
        {"schema": "assessment"},
    )

    assessment_id: Mapped[UUID]
    tier: Mapped[str]
    bank_id: Mapped[UUID | None]
    prompt_template_id: Mapped[UUID | None]
    guidance: Mapped[str] = mapped_column(default="")
    question_count: Mapped[int | None]
    passing_score: Mapped[Decimal | None]

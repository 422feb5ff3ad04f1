"""Assessments and their tier templates."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from assessment.models.assessments import Assessment, TierTemplate


def readable() -> Select[Assessment]:
    """The active assessments that the caller's organization wrote or is taught with."""
    return select(Assessment).where(Assessment.active)


def find(session: Session, assessment_id: UUID) -> Assessment | None:
    """The active assessment, when the caller's organization wrote it or is taught with it."""
    return session.scalar(readable().where(Assessment.id == assessment_id))


def with_tiers(session: Session, assessment_id: UUID) -> Sequence[Row[Assessment, TierTemplate]]:
    """The active assessment with each of its tier templates; one row with None when it has none."""
    statement = select(Assessment, TierTemplate).outerjoin(
        TierTemplate,
        (TierTemplate.org_id == Assessment.org_id) & (TierTemplate.assessment_id == Assessment.id),
    )
    return session.execute(statement.where(Assessment.id == assessment_id, Assessment.active)).all()


def tier_template(session: Session, assessment_id: UUID, tier: str) -> TierTemplate | None:
    """The assessment's template for the tier."""
    return session.scalar(
        select(TierTemplate).where(TierTemplate.assessment_id == assessment_id, TierTemplate.tier == tier)
    )

"""Assessments and their tier templates."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from assessment.models.assessments import Assessment, TierTemplate
from lodestar.contracts.learning import is_hidden, is_hidden_module


def readable() -> Select[Assessment]:
    """The active assessments that the caller's organization wrote or is taught with, of what is not switched off."""
    return select(Assessment).where(
        Assessment.active, ~is_hidden(Assessment.program_id), ~is_hidden_module(Assessment.module_id)
    )


def find(session: Session, assessment_id: UUID) -> Assessment | None:
    """The active assessment, when the caller's organization wrote it or is taught with it."""
    return session.scalar(readable().where(Assessment.id == assessment_id))


def tier_template(session: Session, assessment_id: UUID, tier: str) -> TierTemplate | None:
    """The assessment's template for the tier."""
    return session.scalar(
        select(TierTemplate).where(TierTemplate.assessment_id == assessment_id, TierTemplate.tier == tier)
    )

"""A rubric with what it was before."""

from uuid import UUID

from sqlalchemy.orm import Session

from assessment.models.rubrics import Rubric
from assessment.repository import rubrics as repository
from assessment.schemas.rubrics import RubricDetail, RubricRead, RubricVersionRead
from assessment.service import content


def read(session: Session, rubric_id: UUID) -> RubricDetail:
    """Raises `NotFound`."""
    rubric = content.get(session, Rubric, rubric_id)
    versions = [
        RubricVersionRead(
            version=kept.version,
            title=kept.title,
            criteria=kept.criteria,
            created_at=kept.created_at,
            attempts=attempts,
        )
        for kept, attempts in repository.versions_of(session, rubric_id)
    ]
    return RubricDetail(**RubricRead.model_validate(rubric).model_dump(), versions=versions)

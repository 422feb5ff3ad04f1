"""Rubrics as they once stood, and the attempts that are graded by each."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from assessment.models.attempts import Attempt
from assessment.models.rubrics import RubricVersion

MOST_VERSIONS = 50


def versions_of(session: Session, rubric_id: UUID) -> Sequence[Row[RubricVersion, Any]]:
    """The latest versions, the newest first, each with the number of the organization's attempts that pinned it."""
    used = (
        select(Attempt.rubric_version, func.count().label("attempts"))
        .where(Attempt.rubric_id == rubric_id)
        .group_by(Attempt.rubric_version)
        .subquery()
    )
    statement = (
        select(RubricVersion, func.coalesce(used.c.attempts, 0))
        .outerjoin(used, used.c.rubric_version == RubricVersion.version)
        .where(RubricVersion.rubric_id == rubric_id)
        .order_by(RubricVersion.version.desc())
        .limit(MOST_VERSIONS)
    )
    return session.execute(statement).all()

"""What an attempt is opened on: the assessment, its tiers, and what the learner did before."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, load_only

from assessment.models.assessments import Assessment, TierTemplate
from assessment.models.attempts import Attempt
from assessment.repository.attempts import SUMMARY

MOST_ROWS = 300
"""Three tiers by a hundred attempts."""


@dataclass(frozen=True, slots=True)
class Ground:
    """An active assessment that the learner is taught with. `past` is newest first, without contents."""

    assessment: Assessment
    tiers: dict[str, TierTemplate]
    past: Sequence[Attempt]


def ground(
    session: Session, *, learner_id: UUID, enrollment_id: UUID, assessment_id: UUID, lesson_id: UUID | None
) -> Ground | None:
    """All of it in one statement; None when there is no such assessment for the caller's organization."""
    statement = (
        select(Assessment, TierTemplate, Attempt)
        .outerjoin(
            TierTemplate,
            and_(TierTemplate.org_id == Assessment.org_id, TierTemplate.assessment_id == Assessment.id),
        )
        .outerjoin(
            Attempt,
            and_(
                Attempt.assessment_id == Assessment.id,
                Attempt.learner_id == learner_id,
                Attempt.enrollment_id == enrollment_id,
                Attempt.lesson_id.is_not_distinct_from(lesson_id),
            ),
        )
        .where(Assessment.id == assessment_id, Assessment.active)
        .options(load_only(*SUMMARY, raiseload=True))
        .order_by(Attempt.id.desc(), TierTemplate.id)
        .limit(MOST_ROWS)
    )
    rows = session.execute(statement).all()
    if not rows:
        return None
    return Ground(
        assessment=rows[0][0],
        tiers={template.tier: template for _, template, _ in rows if template is not None},
        past=list(dict.fromkeys(attempt for _, _, attempt in rows if attempt is not None)),
    )

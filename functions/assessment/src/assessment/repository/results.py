"""What explains an outcome: responses, the settled grade with its evidence, the latest decision."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessment.models.attempts import Response
from assessment.models.decisions import AttemptDecision
from assessment.models.grading import Grade, GradeEvidence


def responses(session: Session, attempt_id: UUID) -> Sequence[Response]:
    """The answers given; at most 50."""
    return session.scalars(select(Response).where(Response.attempt_id == attempt_id).limit(50)).all()


def settled_grade(session: Session, attempt_id: UUID) -> tuple[Grade, list[GradeEvidence]] | None:
    """The grade that counts, with its evidence."""
    rows = session.execute(
        select(Grade, GradeEvidence)
        .outerjoin(
            GradeEvidence, (GradeEvidence.org_id == Grade.org_id) & (GradeEvidence.grade_id == Grade.id)
        )
        .where(Grade.attempt_id == attempt_id, Grade.settled)
        .order_by(GradeEvidence.id)
    ).all()
    return (rows[0][0], [evidence for _, evidence in rows if evidence is not None]) if rows else None


def latest_decision(session: Session, attempt_id: UUID) -> AttemptDecision | None:
    """What a person ruled last."""
    return session.scalar(
        select(AttemptDecision)
        .where(AttemptDecision.attempt_id == attempt_id)
        .order_by(AttemptDecision.id.desc())
        .limit(1)
    )

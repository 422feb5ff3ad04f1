"""What grading reads and writes."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from assessment.models.assessments import Assessment
from assessment.models.attempts import Attempt
from assessment.models.grading import Grade, GradeEvidence, IntegritySignal, SubmittedWork
from assessment.models.prompts import PromptTemplate
from assessment.rules.states import State


def lock_held(session: Session, attempt_id: UUID, *, execution: str) -> Attempt | None:
    """The attempt, while this execution holds it and it is being graded; locked."""
    statement = select(Attempt).where(
        Attempt.id == attempt_id, Attempt.claimed_by == execution, Attempt.state == State.GRADING
    )
    return session.scalar(statement.with_for_update())


def pin_commit(session: Session, attempt_id: UUID, sha: str) -> str:
    """The commit that the attempt is graded at: `sha` if none was pinned before, else the one that was."""
    pinned = Attempt.submission["commit_sha"].astext
    session.execute(
        update(Attempt)
        .where(Attempt.id == attempt_id, pinned.is_(None))
        .values(submission=Attempt.submission.op("||")(func.jsonb_build_object("commit_sha", sha)))
        .execution_options(synchronize_session=False)
    )
    return str(session.scalars(select(pinned).where(Attempt.id == attempt_id)).one())


def work_of(session: Session, attempt_id: UUID) -> SubmittedWork | None:
    """What was read of the attempt."""
    return session.scalar(select(SubmittedWork).where(SubmittedWork.attempt_id == attempt_id))


def keep_work(
    session: Session,
    attempt_id: UUID,
    *,
    origin: str,
    parts: list[dict[str, Any]],
    left_out: list[dict[str, Any]],
) -> None:
    """Keep what was read; what was kept before stays."""
    values = {"attempt_id": attempt_id, "origin": origin, "parts": parts, "left_out": left_out}
    session.execute(insert(SubmittedWork).values(values).on_conflict_do_nothing())


def prompts_for(session: Session, assessment_id: UUID, purpose: str) -> dict[str, PromptTemplate]:
    """The active templates of the purpose by strategy, as the assessment's own writer words them."""
    statement = (
        select(PromptTemplate)
        .join(Assessment, Assessment.org_id == PromptTemplate.org_id)
        .where(Assessment.id == assessment_id, PromptTemplate.purpose == purpose, PromptTemplate.active)
    )
    return {template.strategy: template for template in session.scalars(statement)}


def prompts_of(session: Session, ids: Sequence[str]) -> dict[str, PromptTemplate]:
    """These templates by strategy, in use or not; their words never change."""
    if not ids:
        return {}
    statement = select(PromptTemplate).where(PromptTemplate.id.in_([UUID(text) for text in ids]))
    return {template.strategy: template for template in session.scalars(statement)}


def max_attempts(session: Session, assessment_id: UUID) -> tuple[int | None, int | None]:
    """How many attempts the assessment allows, and within how many days."""
    statement = select(Assessment.max_attempts, Assessment.attempt_window_days).where(
        Assessment.id == assessment_id
    )
    row = session.execute(statement).first()
    return (row[0], row[1]) if row else (None, None)


def states_before(session: Session, attempt: Attempt) -> Sequence[str]:
    """The states of the learner's earlier attempts at the same thing, newest first; at most 100."""
    statement = (
        select(Attempt.state)
        .where(
            Attempt.enrollment_id == attempt.enrollment_id,
            Attempt.assessment_id == attempt.assessment_id,
            Attempt.id < attempt.id,
        )
        .order_by(Attempt.id.desc())
        .limit(100)
    )
    return session.scalars(statement).all()


def note_signs(session: Session, attempt_id: UUID, details: dict[str, dict[str, Any]]) -> None:
    """Keep signs of manipulation, one row a kind; those kept before stay."""
    rows = [{"attempt_id": attempt_id, "kind": kind, "detail": detail} for kind, detail in details.items()]
    if rows:
        session.execute(insert(IntegritySignal).values(rows).on_conflict_do_nothing())


def signs_of(session: Session, attempt_id: UUID) -> Sequence[IntegritySignal]:
    """The attempt's signs of manipulation."""
    statement = select(IntegritySignal).where(IntegritySignal.attempt_id == attempt_id)
    return session.scalars(statement.order_by(IntegritySignal.kind)).all()


def grade_of_run(session: Session, attempt_id: UUID, run: int) -> Grade | None:
    """The grade that this run of grading made, if it did."""
    return session.scalar(select(Grade).where(Grade.attempt_id == attempt_id, Grade.run == run))


def grades_of(session: Session, attempt_id: UUID) -> Sequence[Grade]:
    """Every grade of the attempt, in order."""
    return session.scalars(select(Grade).where(Grade.attempt_id == attempt_id).order_by(Grade.run)).all()


def settled_grade(session: Session, attempt_id: UUID) -> Grade | None:
    """The grade that counts, or that a person starts from."""
    return session.scalar(select(Grade).where(Grade.attempt_id == attempt_id, Grade.settled))


def evidence_of(session: Session, grade_id: UUID) -> Sequence[GradeEvidence]:
    """What the grade's points rest on."""
    statement = select(GradeEvidence).where(GradeEvidence.grade_id == grade_id).order_by(GradeEvidence.id)
    return session.scalars(statement).all()

"""What those who review see beside an attempt: who, which program, every opinion, every sign, the appeal."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, exists, literal_column, not_, select, text
from sqlalchemy.orm import Session

from assessment.models.appeals import Appeal
from assessment.models.attempts import Attempt
from assessment.models.decisions import AttemptDecision
from assessment.models.grading import Grade, GradeEvidence, IntegritySignal, SubmittedWork
from assessment.rules.states import State
from lodestar.tables import ai_runs

BESIDE = text(
    """
    SELECT a.id, m.display_name AS learner_name, v.title AS program_title, g.opinions, s.signals,
           p.id AS appeal_id, p.state AS appeal_state, p.reason AS appeal_reason, p.created_at AS appealed_at,
           p.answer AS appeal_answer
    FROM assessment.attempts AS a
    LEFT JOIN identity.v_members AS m ON m.user_id = a.learner_id
    LEFT JOIN LATERAL (
      SELECT title FROM learning.v_versions WHERE program_id = a.program_id ORDER BY number DESC LIMIT 1) AS v ON true
    LEFT JOIN LATERAL (
      SELECT jsonb_agg(jsonb_build_object('run', run, 'strategy', strategy, 'source', source, 'model', model,
        'prompt_version', prompt_version, 'score', score, 'passed', passed, 'counts', settled, 'doubts', doubts)
        ORDER BY run) AS opinions
      FROM assessment.grades WHERE org_id = a.org_id AND attempt_id = a.id) AS g ON true
    LEFT JOIN LATERAL (
      SELECT jsonb_agg(kind ORDER BY kind) AS signals
      FROM assessment.integrity_signals WHERE org_id = a.org_id AND attempt_id = a.id) AS s ON true
    LEFT JOIN assessment.appeals AS p ON p.org_id = a.org_id AND p.attempt_id = a.id
    WHERE a.id = ANY (:ids)
    """
)


def beside(session: Session, attempt_ids: Sequence[UUID]) -> dict[UUID, Row[Any]]:
    """By attempt, in one statement however many there are."""
    if not attempt_ids:
        return {}
    return {row.id: row for row in session.execute(BESIDE, {"ids": list(attempt_ids)})}


def is_graded_by(grader: str) -> ColumnElement[bool]:
    """Whether the outcome comes from `rules`, a `model` or a `person`."""
    if grader == "person":
        return Attempt.state == State.DECIDED
    answers: ColumnElement[bool] = literal_column("submission_kind = 'answers'")
    graded: ColumnElement[bool] = literal_column("state = 'graded'")
    return and_(graded, answers if grader == "rules" else not_(answers))


def is_appealed(*, appealed: bool) -> ColumnElement[bool]:
    """Whether an appeal waits for its answer."""
    waits = Attempt.id.in_(select(Appeal.attempt_id).where(Appeal.state == "open"))
    return (
        waits if appealed else not_(exists().where(Appeal.attempt_id == Attempt.id, Appeal.state == "open"))
    )


def evidence_of(session: Session, attempt_id: UUID) -> Sequence[Row[int, GradeEvidence]]:
    """What the points of each run rest on; at most 20 criteria a run."""
    statement = (
        select(Grade.run, GradeEvidence)
        .join(GradeEvidence, (GradeEvidence.org_id == Grade.org_id) & (GradeEvidence.grade_id == Grade.id))
        .where(Grade.attempt_id == attempt_id)
        .order_by(Grade.run, GradeEvidence.id)
        .limit(200)
    )
    return session.execute(statement).all()


def signals_of(session: Session, attempt_id: UUID) -> Sequence[IntegritySignal]:
    """The signs of manipulation, with their passages."""
    statement = select(IntegritySignal).where(IntegritySignal.attempt_id == attempt_id)
    return session.scalars(statement.order_by(IntegritySignal.kind).limit(50)).all()


def decisions_of(session: Session, attempt_id: UUID) -> Sequence[AttemptDecision]:
    """What persons ruled, newest first."""
    statement = select(AttemptDecision).where(AttemptDecision.attempt_id == attempt_id)
    return session.scalars(statement.order_by(AttemptDecision.id.desc()).limit(50)).all()


def work_of(session: Session, attempt_id: UUID) -> tuple[str, list[dict[str, Any]]] | None:
    """Where what was read came from, and what was left out; not the work itself."""
    statement = select(SubmittedWork.origin, SubmittedWork.left_out)
    row = session.execute(statement.where(SubmittedWork.attempt_id == attempt_id)).one_or_none()
    return (row[0], row[1]) if row else None


def runs_of(session: Session, attempt_id: UUID) -> Sequence[Any]:
    """The calls to models about the attempt, in order; at most 50."""
    columns = (ai_runs.c.id, ai_runs.c.purpose, ai_runs.c.model, ai_runs.c.prompt_version, ai_runs.c.outcome)
    statement = select(*columns, ai_runs.c.created_at).where(
        ai_runs.c.subject_type == "attempt", ai_runs.c.subject_id == attempt_id
    )
    return session.execute(statement.order_by(ai_runs.c.created_at, ai_runs.c.id).limit(50)).all()

"""Attempts. Whose they are stands in every query: a peer's or another tenant's is absent."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, load_only, undefer, with_expression

from assessment.models.attempts import Attempt
from assessment.rules.states import State
from lodestar.contracts.learning import is_hidden
from lodestar.principal import Principal

SUMMARY = (
    Attempt.id,
    Attempt.org_id,
    Attempt.version,
    Attempt.created_at,
    Attempt.updated_at,
    Attempt.learner_id,
    Attempt.enrollment_id,
    Attempt.assessment_id,
    Attempt.kind,
    Attempt.title,
    Attempt.module_id,
    Attempt.lesson_id,
    Attempt.number,
    Attempt.state,
    Attempt.source,
    Attempt.tier_used,
    Attempt.star,
    Attempt.target_tier,
    Attempt.review_reason,
    Attempt.started_at,
    Attempt.deadline_at,
    Attempt.submitted_at,
    Attempt.ended_at,
    Attempt.score,
    Attempt.passed,
    Attempt.program_id,
    Attempt.passing_score,
)


KNOWING_HIDDEN = with_expression(Attempt.hidden, is_hidden(Attempt.program_id))


def visible(caller: Principal) -> Select[Attempt]:
    """Staff see their organization's attempts, a learner their own."""
    statement = select(Attempt)
    return statement if caller.is_staff else statement.where(Attempt.learner_id == caller.user_id)


def summaries(caller: Principal) -> Select[Attempt]:
    """The same, without what was asked and handed in; of programs that are switched off, a learner sees what is in
    progress."""
    statement = visible(caller).options(load_only(*SUMMARY, raiseload=True))
    if caller.is_staff:
        return statement
    return statement.where(or_(~is_hidden(Attempt.program_id), Attempt.state == State.IN_PROGRESS))


def is_in(state: State) -> ColumnElement[bool]:
    """Whether an attempt stands in `state`; one whose deadline has passed is expired, though its row says nothing."""
    over = and_(Attempt.state == State.IN_PROGRESS, Attempt.deadline_at < func.now())
    if state is State.EXPIRED:
        return or_(Attempt.state == State.EXPIRED, over)
    if state is State.IN_PROGRESS:
        return and_(Attempt.state == State.IN_PROGRESS, or_(Attempt.deadline_at.is_(None), ~over))
    return Attempt.state == state


def find_visible(
    session: Session, caller: Principal, attempt_id: UUID, *, with_key: bool = False
) -> Attempt | None:
    """One attempt to look at."""
    statement = visible(caller).where(Attempt.id == attempt_id).options(KNOWING_HIDDEN)
    return session.scalar(statement.options(undefer(Attempt.answer_key)) if with_key else statement)


def lock_own(session: Session, learner_id: UUID, attempt_id: UUID) -> Attempt | None:
    """The learner's attempt with its key, held until the transaction ends: of two tabs the second sees the first."""
    return session.scalar(
        select(Attempt)
        .where(Attempt.id == attempt_id, Attempt.learner_id == learner_id)
        .options(undefer(Attempt.answer_key), KNOWING_HIDDEN)
        .with_for_update(of=Attempt)
    )


def insert_new(session: Session, **fields: Any) -> Attempt | None:
    """Store a new attempt; None when another one at the same thing was opened in the meantime."""
    return session.scalar(insert(Attempt).values(**fields).on_conflict_do_nothing().returning(Attempt))


def asked_before(session: Session, attempt: Attempt) -> list[dict[str, Any]]:
    """What the learner's earlier attempts at the same thing asked, newest first; of the last 10."""
    statement = (
        select(Attempt.content)
        .where(
            Attempt.enrollment_id == attempt.enrollment_id,
            Attempt.assessment_id == attempt.assessment_id,
            Attempt.lesson_id.is_not_distinct_from(attempt.lesson_id),
            Attempt.id != attempt.id,
            Attempt.content.is_not(None),
        )
        .order_by(Attempt.id.desc())
        .limit(10)
    )
    return [content for content in session.scalars(statement) if content]


def stems_before(session: Session, attempt: Attempt) -> list[str]:
    """The questions among them."""
    contents = asked_before(session, attempt)
    return [question["stem"] for content in contents for question in content["questions"]]

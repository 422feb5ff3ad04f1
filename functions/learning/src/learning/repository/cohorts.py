"""Cohorts of the caller's organization."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from learning.models.cohorts import Cohort
from learning.models.enrollments import Enrollment
from learning.models.programs import Program
from lodestar.db import principal_of


def own(session: Session) -> Select[Any]:
    """(cohort, the program's title): all of them."""
    statement: Any = (
        select(Cohort, Program.title)
        .join(Program, Program.id == Cohort.program_id)
        .where(Cohort.org_id == principal_of(session).org_id)
    )
    rows: Select[Any] = statement
    return rows


def learners_in(session: Session, cohort_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many are in each of them who have not withdrawn; those with nobody are left out."""
    statement = (
        select(Enrollment.cohort_id, func.count())
        .where(
            Enrollment.org_id == principal_of(session).org_id,
            Enrollment.cohort_id.in_(cohort_ids),
            Enrollment.status != "withdrawn",
        )
        .group_by(Enrollment.cohort_id)
    )
    return {cohort_id: count for cohort_id, count in session.execute(statement) if cohort_id}


def to_join(session: Session, cohort_id: UUID, *, program_id: UUID) -> tuple[Cohort, int] | None:
    """(cohort, how many are in it) of a cohort of the program."""
    inside = (
        select(func.count())
        .select_from(Enrollment)
        .where(
            Enrollment.org_id == Cohort.org_id,
            Enrollment.cohort_id == Cohort.id,
            Enrollment.status != "withdrawn",
        )
        .scalar_subquery()
    )
    statement = select(Cohort, inside).where(
        Cohort.org_id == principal_of(session).org_id,
        Cohort.id == cohort_id,
        Cohort.program_id == program_id,
    )
    row = session.execute(statement).first()
    return (row[0], row[1]) if row else None


def program(session: Session, program_id: UUID) -> Program | None:
    """A program that the organization wrote or is, or was, offered."""
    statement = select(Program).where(Program.id == program_id, Program.archived_at.is_(None))
    return session.scalar(statement)

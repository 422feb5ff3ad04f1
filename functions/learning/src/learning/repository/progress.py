"""Enrollments with their programs and versions, in one statement."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.orm import Session

from learning.models.cohorts import Cohort
from learning.models.enrollments import Enrollment
from learning.models.programs import Program, ProgramVersion
from learning.repository.enrollments import visible_to
from lodestar.principal import Principal


def enrolled(principal: Principal) -> Select[Any]:
    """(enrollment, program, version, cohort or None) of what the caller may see.

    Every enrollment has its program and version. By an inner join PostgreSQL would take their policies for filters that
    leave few rows, and read all that were withdrawn to put them in order, instead of a page of them in order.
    """
    statement: Any = visible_to(principal)
    joined: Select[Any] = (
        statement.outerjoin(Program, Program.id == Enrollment.program_id)
        .outerjoin(ProgramVersion, ProgramVersion.id == Enrollment.version_id)
        .outerjoin(Cohort, Cohort.id == Enrollment.cohort_id)
        .add_columns(Program, ProgramVersion, Cohort)
    )
    return joined


def one(session: Session, principal: Principal, enrollment_id: UUID) -> Any | None:
    """One of them; None when it is not the caller's to see."""
    return session.execute(enrolled(principal).where(Enrollment.id == enrollment_id)).first()

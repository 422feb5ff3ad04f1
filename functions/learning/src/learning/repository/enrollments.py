"""Enrollments: who may see which, and which one is being changed."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, with_expression
from sqlalchemy.sql.base import ExecutableOption

from learning.models.enrollments import Enrollment
from learning.models.program_assignments import ProgramAssignment
from learning.models.programs import Program, ProgramVersion
from lodestar.clock import now
from lodestar.contracts.learning import is_hidden
from lodestar.db import principal_of
from lodestar.ids import new_id
from lodestar.principal import Principal


def shown() -> ColumnElement[bool]:
    """That the enrollment's program is not switched off for learners."""
    return ~is_hidden(Enrollment.program_id)


def knowing_hidden() -> ExecutableOption:
    """Loads `Enrollment.hidden` along."""
    return with_expression(Enrollment.hidden, is_hidden(Enrollment.program_id))


def visible_to(principal: Principal) -> Select[Enrollment]:
    """Staff see their organization's enrollments, everybody else their own, each of them knowing if it is hidden."""
    statement = select(Enrollment).where(Enrollment.org_id == principal.org_id)
    if principal.is_staff:
        return statement
    mine = statement.where(Enrollment.learner_id == principal.user_id)
    return mine.options(knowing_hidden())


def get(
    session: Session, principal: Principal, enrollment_id: UUID, *, lock: bool = False
) -> Enrollment | None:
    """The enrollment as the caller may see it; with `lock`, its standing changes in this transaction only."""
    statement = visible_to(principal).where(Enrollment.id == enrollment_id)
    return session.scalar(statement.with_for_update(of=Enrollment) if lock else statement)


def own(
    session: Session, principal: Principal, enrollment_id: UUID, *, lock: bool = False
) -> Enrollment | None:
    """The caller's own enrollment: what only the learner may do."""
    statement = (
        select(Enrollment)
        .where(
            Enrollment.org_id == principal.org_id,
            Enrollment.learner_id == principal.user_id,
            Enrollment.id == enrollment_id,
        )
        .options(knowing_hidden())
    )
    return session.scalar(statement.with_for_update(of=Enrollment) if lock else statement)


def locked(session: Session, enrollment_id: UUID) -> Enrollment | None:
    """The enrollment that an event tells about, locked."""
    return session.scalar(select(Enrollment).where(Enrollment.id == enrollment_id).with_for_update())


def using_asset(session: Session, *, learner_id: UUID, asset_id: UUID) -> list[UUID]:
    """The learner's enrollments that have the asset in a lesson or masterclass, in one order for all."""
    query = """
        SELECT DISTINCT enrollment_id FROM learning.v_asset_access
        WHERE learner_id = :learner AND asset_id = :asset ORDER BY enrollment_id
    """
    return list(session.scalars(text(query), {"learner": learner_id, "asset": asset_id}))


def enrol(
    session: Session, version: ProgramVersion, learner_ids: Sequence[UUID], *, cohort_id: UUID | None = None
) -> list[Enrollment]:
    """Enrol those of the learners who are not on the program yet; returns the new enrollments."""
    if not learner_ids:
        return []
    alike = {"program_id": version.program_id, "version_id": version.id, "cohort_id": cohort_id}
    rows = [{"id": new_id(), "learner_id": learner, **alike} for learner in learner_ids]
    statement = insert(Enrollment).values(rows).on_conflict_do_nothing().returning(Enrollment)
    return list(session.scalars(statement))


def automatic_programs(session: Session) -> list[UUID]:
    """The Job Readiness programs that the organization is offered: its learners are on all of them (JR-05). None
    while they are switched off (JR-14)."""
    statement = (
        select(ProgramAssignment.program_id)
        .join(Program, Program.id == ProgramAssignment.program_id)
        .where(
            ProgramAssignment.org_id == principal_of(session).org_id,
            ProgramAssignment.ended_at.is_(None),
            Program.type == "job_readiness",
            Program.archived_at.is_(None),
            ~is_hidden(Program.id),
        )
    )
    return list(session.scalars(statement))


def is_assigned(session: Session, program_id: UUID) -> bool:
    """Whether the organization is offered the program now."""
    statement = select(ProgramAssignment.id).where(
        ProgramAssignment.org_id == principal_of(session).org_id,
        ProgramAssignment.program_id == program_id,
        ProgramAssignment.ended_at.is_(None),
    )
    return session.scalar(statement) is not None


def offered(session: Session, program_id: UUID) -> tuple[Program, ProgramVersion, bool] | None:
    """A program that the organization is offered now, its newest published version, and whether it is switched off."""
    statement = (
        select(Program, ProgramVersion, is_hidden(Program.id))
        .join(ProgramVersion, ProgramVersion.program_id == Program.id)
        .join(ProgramAssignment, ProgramAssignment.program_id == ProgramVersion.program_id)
        .where(
            ProgramAssignment.org_id == principal_of(session).org_id,
            ProgramAssignment.ended_at.is_(None),
            ProgramVersion.program_id == program_id,
            ProgramVersion.published_at.is_not(None),
        )
        .order_by(ProgramVersion.number.desc())
        .limit(1)
    )
    row = session.execute(statement).first()
    return (row[0], row[1], row[2]) if row else None


def touch(session: Session, enrollment_id: UUID) -> None:
    """The learner did something just now. What people edit is unchanged, so its version is too."""
    statement = update(Enrollment).where(Enrollment.id == enrollment_id).values(progressed_at=now())
    session.execute(statement, execution_options={"synchronize_session": False})

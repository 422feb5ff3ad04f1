"""Offering programs to organizations (JR-05)."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from learning.errors import NotPublished
from learning.models.program_assignments import ProgramAssignment
from learning.models.programs import Program
from learning.repository import programs
from learning.schemas.program_assignments import AssignmentRead
from lodestar import audit
from lodestar.clock import now
from lodestar.contracts.learning import ProgramAssigned
from lodestar.events import emit
from lodestar.ids import new_id
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.principal import Principal, Role
from lodestar.problems import NotFound


def _assignments(principal: Principal) -> Select[Any]:
    statement: Any = (
        select(ProgramAssignment, Program.title)
        .join(Program, Program.id == ProgramAssignment.program_id)
        .where(ProgramAssignment.org_id == principal.org_id)
    )
    rows: Select[Any] = statement
    return rows


def _read(row: ProgramAssignment, title: str) -> AssignmentRead:
    copied = ("id", "version", "created_at", "updated_at", "program_id", "owner_id", "ended_at")
    return AssignmentRead(**{name: getattr(row, name) for name in copied}, program_title=title)


def list_own(
    session: Session, principal: Principal, page: PageQuery, *, program_id: UUID | None
) -> Page[AssignmentRead]:
    """What the organization is, or was, offered."""
    statement = _assignments(principal)
    statement = statement.where(ProgramAssignment.program_id == program_id) if program_id else statement
    found = paginate(session, statement, page, keys=(ProgramAssignment.id,))
    return Page([_read(*row) for row in found.data], found.page)


def assign(session: Session, principal: Principal, program_id: UUID) -> AssignmentRead:
    """Offer the program, or offer it again. Raises `NotFound`, `NotPublished`."""
    owner_id = programs.owner_of(session, program_id)
    if owner_id is None or not (owner_id == principal.org_id or principal.has(Role.PLATFORM_ADMIN)):
        raise NotFound()
    known = session.execute(
        _assignments(principal)
        .where(ProgramAssignment.program_id == program_id)
        .with_for_update(of=ProgramAssignment)
    ).first()
    if known is not None and known[0].ended_at is None:
        return _read(*known)
    row = known[0] if known else ProgramAssignment(id=new_id(), owner_id=owner_id, program_id=program_id)
    row.ended_at, row.assigned_by = None, principal.user_id
    session.add(row)
    session.flush()
    if program_id not in programs.published_versions(session, [program_id]):
        raise NotPublished()
    audit.record(session, "program.assigned", subject_type="program", subject_id=program_id)
    emit(session, ProgramAssigned(program_id=program_id))
    return _read(*session.execute(_assignments(principal).where(ProgramAssignment.id == row.id)).one())


def end(session: Session, principal: Principal, assignment_id: UUID) -> None:
    """Nobody new is enrolled; who is, goes on. Raises `NotFound`."""
    found = session.execute(_assignments(principal).where(ProgramAssignment.id == assignment_id)).first()
    if found is None:
        raise NotFound()
    row: ProgramAssignment = found[0]
    if row.ended_at is None:
        row.ended_at = now()
        audit.record(session, "program.unassigned", subject_type="program", subject_id=row.program_id)

"""Modules and lessons of a draft, as the organization that wrote them edits them."""

from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from learning.models.lessons import Lesson
from learning.models.modules import Module
from learning.models.programs import Program, ProgramVersion
from lodestar.db import principal_of

Row = TypeVar("Row", Module, Lesson)


def rows(session: Session, model: type[Row]) -> Select[Row]:
    """What the caller's organization has in its drafts.

    Asked row by row: joined, PostgreSQL would look at all drafts and all their rows for one page.
    """
    is_in_draft = (
        select(and_(ProgramVersion.published_at.is_(None), Program.archived_at.is_(None)))
        .join(Program, Program.id == ProgramVersion.program_id)
        .where(ProgramVersion.id == model.version_id)
        .scalar_subquery()
    )
    return select(model).where(model.org_id == principal_of(session).org_id, is_in_draft)


def row(session: Session, model: type[Row], row_id: UUID) -> Row | None:
    """One of them."""
    return session.scalar(rows(session, model).where(model.id == row_id))


def modules_of(session: Session, version_id: UUID) -> list[Module]:
    """The version's modules."""
    return list(
        session.scalars(select(Module).where(Module.version_id == version_id).order_by(Module.position))
    )


def lessons_of(session: Session, version_id: UUID) -> list[Lesson]:
    """The version's lessons."""
    return list(
        session.scalars(select(Lesson).where(Lesson.version_id == version_id).order_by(Lesson.position))
    )

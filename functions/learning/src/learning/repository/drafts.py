"""Modules and lessons of a draft, as the organization that wrote them edits them."""

from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from learning.models.lessons import Lesson
from learning.models.modules import Module
from learning.models.programs import Program, ProgramVersion
from lodestar.db import principal_of

Row = TypeVar("Row", Module, Lesson)


def rows(session: Session, model: type[Row]) -> Select[Row]:
    """What the caller's organization has in its drafts."""
    drafts = (
        select(ProgramVersion.id)
        .join(Program, Program.id == ProgramVersion.program_id)
        .where(
            ProgramVersion.org_id == principal_of(session).org_id,
            ProgramVersion.published_at.is_(None),
            Program.archived_at.is_(None),
        )
    )
    return select(model).where(model.org_id == principal_of(session).org_id, model.version_id.in_(drafts))


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

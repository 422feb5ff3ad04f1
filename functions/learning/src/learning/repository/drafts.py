"""Modules and lessons of a draft, as the organization that wrote them edits them."""

from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, and_, select, text
from sqlalchemy.orm import Session

from learning.models.lessons import Lesson
from learning.models.modules import Module
from learning.models.programs import Program, ProgramVersion
from learning.rules.stages import DraftCounts, StagePlan
from lodestar.contracts.learning import ModuleKind
from lodestar.db import principal_of

PLAN = """
SELECT
  (SELECT jsonb_agg(jsonb_build_array(star, kind, required_count, title) ORDER BY star)
   FROM learning.stages WHERE version_id = :version) AS stages,
  (SELECT jsonb_object_agg(kind, held) FROM (
     SELECT kind, count(*) AS held FROM learning.modules WHERE version_id = :version GROUP BY kind
   ) AS of_kind) AS modules,
  (SELECT jsonb_agg(m.title ORDER BY m.position) FROM learning.modules AS m
   WHERE m.version_id = :version AND m.kind = 'course' AND NOT EXISTS (
     SELECT FROM learning.lessons AS l WHERE l.version_id = :version AND l.module_id = m.id AND l.required
   )) AS courses_without_lessons,
  (SELECT jsonb_agg(title ORDER BY position) FROM learning.lessons
   WHERE version_id = :version AND asset_id IS NULL AND body IS NULL) AS lessons_without_content,
  (SELECT jsonb_agg(configuration -> 'required_completions' ORDER BY position) FROM learning.modules
   WHERE version_id = :version AND kind = 'masterclass') AS masterclasses_required
"""
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


def plan_of(session: Session, version_id: UUID) -> tuple[list[StagePlan], DraftCounts]:
    """The version's stages in order, and what decides whether it may be published: one read, however large it is."""
    row = session.execute(text(PLAN), {"version": version_id}).one()
    stages = [
        StagePlan(star, ModuleKind(kind), required_count, title)
        for star, kind, required_count, title in row.stages or ()
    ]
    counts = DraftCounts(
        modules={ModuleKind(kind): count for kind, count in (row.modules or {}).items()},
        courses_without_lessons=row.courses_without_lessons or (),
        lessons_without_content=row.lessons_without_content or (),
        masterclasses_required=row.masterclasses_required or (),
    )
    return stages, counts

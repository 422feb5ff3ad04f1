"""Programs, their versions and stages."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, delete, func, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from learning.models.programs import Program, ProgramVersion, Stage
from lodestar.db import principal_of
from lodestar.ids import new_id

COPIED = {
    "stages": "star, kind, required_count, title, description, earned_text",
    "modules": "id, kind, key, title, description, position, configuration",
    "lessons": "id, module_id, key, title, summary, position, required, estimated_minutes, asset_id, body",
}
"""What the next draft takes over, besides the version's own settings; modules and lessons keep their ids."""
OPEN_NEXT = """
WITH next AS (
  INSERT INTO learning.program_versions
    (id, program_id, number, tier_ranges, promotion_enabled, promotion_after_stars)
  SELECT :new, program_id, number + 1, tier_ranges, promotion_enabled, promotion_after_stars
  FROM learning.program_versions WHERE id = :old RETURNING id, program_id
), {}
SELECT FROM next
""".format(
    ", ".join(
        f"""{table} AS (
  INSERT INTO learning.{table} (program_id, version_id, {columns})
  SELECT next.program_id, next.id, {", ".join(f"old.{name}" for name in columns.split(", "))}
  FROM next JOIN learning.{table} AS old ON old.version_id = :old
)"""
        for table, columns in COPIED.items()
    )
)
NOT_EDITED = "UPDATE learning.program_versions SET edited_at = NULL WHERE id = :new"


def own_programs(session: Session) -> Select[Program]:
    """The programs that the caller's organization wrote."""
    return select(Program).where(
        Program.org_id == principal_of(session).org_id, Program.archived_at.is_(None)
    )


def own_program(session: Session, program_id: UUID) -> Program | None:
    """One of them."""
    return session.scalar(own_programs(session).where(Program.id == program_id))


def published_versions(session: Session, program_ids: Sequence[UUID]) -> dict[UUID, ProgramVersion]:
    """The newest published version of each program that has one, as far as the caller may read them."""
    statement = (
        select(ProgramVersion)
        .where(ProgramVersion.program_id.in_(program_ids), ProgramVersion.published_at.is_not(None))
        .ext(distinct_on(ProgramVersion.program_id))
        .order_by(ProgramVersion.program_id, ProgramVersion.number.desc())
    )
    return {version.program_id: version for version in session.scalars(statement)}


def draft_of(session: Session, program_id: UUID, *, lock: bool = False) -> ProgramVersion:
    """The program's draft; with `lock`, nobody else edits or publishes it until the transaction ends."""
    statement = _drafts(session, program_id)
    if not lock:
        return session.scalars(statement).one()
    locked = statement.with_for_update()
    draft = session.scalars(locked).one_or_none()
    if draft is None:  # it was published while we waited for it: the next one is open
        draft = session.scalars(locked).one()
    return draft


def own_draft(session: Session, program_id: UUID) -> ProgramVersion | None:
    """The draft of a program that the caller's organization wrote, locked; None when there is no such program."""
    statement = _drafts(session, program_id).join(Program, Program.id == ProgramVersion.program_id)
    draft = session.scalar(statement.where(Program.archived_at.is_(None)).with_for_update(of=ProgramVersion))
    if draft is None and own_program(session, program_id) is not None:
        return draft_of(session, program_id, lock=True)  # it was published while we waited for it
    return draft


def _drafts(session: Session, program_id: UUID) -> Select[ProgramVersion]:
    return select(ProgramVersion).where(
        ProgramVersion.program_id == program_id,
        ProgramVersion.org_id == principal_of(session).org_id,
        ProgramVersion.published_at.is_(None),
    )


def stages_of(session: Session, version_id: UUID) -> list[Stage]:
    """The version's stages in order."""
    return list(session.scalars(select(Stage).where(Stage.version_id == version_id).order_by(Stage.star)))


def remove_stages(session: Session, version_id: UUID) -> None:
    """Take all stages out of a draft."""
    session.execute(delete(Stage).where(Stage.version_id == version_id))


def open_next(session: Session, old: ProgramVersion) -> None:
    """The next draft: what the old version holds, under the next number; it counts as not edited."""
    versions = {"old": old.id, "new": new_id()}
    session.execute(text(OPEN_NEXT), versions)
    session.execute(text(NOT_EDITED), {"new": versions["new"]})


def owner_of(session: Session, program_id: UUID) -> UUID | None:
    """The organization that wrote the program, across tenants; None when there is no such program."""
    return session.scalar(select(func.learning.owner_of_program(program_id)))

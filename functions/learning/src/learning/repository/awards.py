"""Writing what was done and earned; a second writing of the same changes nothing."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from learning.models.awards import PromotionDecline, StageAward, TierChange
from learning.models.masterclasses import MasterclassCompletion
from learning.models.progress import LessonProgress, ModuleProgress
from lodestar.ids import new_id


def complete_lessons(
    session: Session, enrollment_id: UUID, done: Mapping[UUID, datetime], *, read_at: Mapping[UUID, datetime]
) -> list[UUID]:
    """Mark lessons as completed; returns those that were not before."""
    if not done:
        return []
    rows = [
        {
            "id": new_id(),
            "enrollment_id": enrollment_id,
            "lesson_id": lesson_id,
            "last_opened_at": at,
            "read_at": read_at.get(lesson_id),
            "completed_at": at,
        }
        for lesson_id, at in done.items()
    ]
    statement = insert(LessonProgress).values(rows)
    statement = statement.on_conflict_do_update(
        index_elements=["org_id", "enrollment_id", "lesson_id"],
        set_={"completed_at": statement.excluded.completed_at},
        where=LessonProgress.completed_at.is_(None),
    )
    return list(session.scalars(statement.returning(LessonProgress.lesson_id)))


def open_lesson(
    session: Session, *, enrollment_id: UUID, lesson_id: UUID, at: datetime, read: bool
) -> LessonProgress:
    """Note that the lesson was opened, and read if it was; what was read stays read."""
    values = {"id": new_id(), "enrollment_id": enrollment_id, "lesson_id": lesson_id, "last_opened_at": at}
    statement = insert(LessonProgress).values(**values, read_at=at if read else None)
    changes: dict[str, Any] = {"last_opened_at": at}
    if read:
        changes["read_at"] = text("coalesce(lesson_progress.read_at, excluded.read_at)")
    statement = statement.on_conflict_do_update(
        index_elements=["org_id", "enrollment_id", "lesson_id"], set_=changes
    )
    populated = {"populate_existing": True}
    return session.scalars(statement.returning(LessonProgress), execution_options=populated).one()


def complete_modules(session: Session, enrollment_id: UUID, done: Mapping[UUID, datetime]) -> None:
    """Mark modules as completed."""
    _note(session, ModuleProgress, enrollment_id, "module_id", done)


def complete_masterclasses(session: Session, enrollment_id: UUID, done: Mapping[UUID, datetime]) -> None:
    """Mark masterclasses as watched."""
    _note(session, MasterclassCompletion, enrollment_id, "masterclass_id", done)


def _note(
    session: Session, model: type[Any], enrollment_id: UUID, column: str, done: Mapping[UUID, datetime]
) -> None:
    rows = [
        {"id": new_id(), "enrollment_id": enrollment_id, column: key, "completed_at": at}
        for key, at in done.items()
    ]
    if rows:
        session.execute(insert(model).values(rows).on_conflict_do_nothing())


def award(session: Session, enrollment_id: UUID, star: int, **fields: Any) -> None:
    """Add a star's award; `fields` are its evidence, or the override that gives it."""
    session.add(
        StageAward(id=new_id(), enrollment_id=enrollment_id, star=star, **({"evidence": {}} | fields))
    )
    session.flush()


def supersede(session: Session, enrollment_id: UUID, *, above: int, override_id: UUID) -> None:
    """The awards above a star no longer stand; the rows remain."""
    session.execute(
        update(StageAward)
        .where(
            StageAward.enrollment_id == enrollment_id,
            StageAward.star > above,
            StageAward.superseded_by.is_(None),
        )
        .values(superseded_by=override_id)
    )


def change_tier(session: Session, enrollment_id: UUID, **fields: Any) -> None:
    """Add to the log of tiers."""
    session.add(TierChange(id=new_id(), enrollment_id=enrollment_id, **fields))
    session.flush()


def exam_counted(session: Session, attempt_id: UUID) -> bool:
    """Whether this exam already raised a tier."""
    return session.scalar(select(TierChange.id).where(TierChange.attempt_id == attempt_id)) is not None


def standing_awards(session: Session, enrollment_id: UUID) -> dict[int, datetime]:
    """When each standing star was earned."""
    statement = select(StageAward.star, StageAward.created_at).where(
        StageAward.enrollment_id == enrollment_id, StageAward.superseded_by.is_(None)
    )
    return {row.star: row.created_at for row in session.execute(statement)}


def tier_changes(session: Session, enrollment_ids: Iterable[UUID]) -> list[TierChange]:
    """The log of tiers, oldest first."""
    statement = select(TierChange).where(TierChange.enrollment_id.in_(list(enrollment_ids)))
    return list(session.scalars(statement.order_by(TierChange.sequence)))


def declines(session: Session, enrollment_id: UUID) -> list[PromotionDecline]:
    """The offers that were skipped."""
    statement = select(PromotionDecline).where(PromotionDecline.enrollment_id == enrollment_id)
    return list(session.scalars(statement.order_by(PromotionDecline.star)))

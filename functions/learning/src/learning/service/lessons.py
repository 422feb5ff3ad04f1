"""Lessons: staff edit those of their drafts, learners read those that are open to them."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from learning.models.lessons import Lesson
from learning.repository import drafts
from learning.repository import lessons as repository
from learning.repository.enrollments import shown
from learning.schemas.lessons import (
    LearnerLessonRead,
    LearnerLessonSummary,
    LessonCreate,
    LessonPatch,
    LessonRead,
)
from learning.service import access, content, modules
from learning.service.assets import require_asset
from lodestar.contracts.learning import ModuleKind
from lodestar.ids import new_id
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.principal import Principal
from lodestar.problems import InvalidContent, NotFound

LESSON_VIDEO = "lesson_video"


def list_for(
    session: Session,
    principal: Principal,
    page: PageQuery,
    *,
    module_id: UUID | None,
    enrollment_id: UUID | None,
) -> Page[Any]:
    """Staff: what they drafted. Others: what their enrollments hold, without what the lessons say.

    Who names an enrollment asks as its learner.
    """
    writing = principal.is_staff and enrollment_id is None
    statement = drafts.rows(session, Lesson) if writing else repository.of_learner(principal, enrollment_id)
    statement = statement.where(Lesson.module_id == module_id) if module_id else statement
    statement = statement if writing else statement.where(shown())
    found = paginate(session, statement, page, keys=(Lesson.id,), order="asc")
    if writing:
        return Page([LessonRead.model_validate(row) for row in found.data], found.page)
    return Page([LearnerLessonSummary(**_summary(*row)) for row in found.data], found.page)


def read_for(session: Session, principal: Principal, lesson_id: UUID) -> LessonRead | LearnerLessonRead:
    """The lesson with what it says. Raises `NotFound`, and `ModuleLocked` before it is open."""
    if principal.is_staff:
        return LessonRead.model_validate(get(session, lesson_id))
    row = session.execute(repository.of_learner(principal).where(Lesson.id == lesson_id)).first()
    if row is None:
        raise NotFound()
    lesson, enrollment, stage, _ = row
    access.require(enrollment, stage)
    return LearnerLessonRead(**_summary(*row), asset_id=lesson.asset_id, body=lesson.body)


def _summary(lesson: Lesson, enrollment: Any, stage: Any, completed_at: Any) -> dict[str, Any]:
    reason = access.reason(enrollment, stage)
    copied = (
        "id",
        "program_id",
        "module_id",
        "title",
        "summary",
        "position",
        "required",
        "estimated_minutes",
    )
    return {
        **{name: getattr(lesson, name) for name in copied},
        "enrollment_id": enrollment.id,
        "locked": reason is not None,
        "reason": reason,
        "completed_at": completed_at,
    }


def get(session: Session, lesson_id: UUID) -> Lesson:
    """A lesson of the organization's drafts. Raises `NotFound`."""
    lesson = drafts.row(session, Lesson, lesson_id)
    if lesson is None:
        raise NotFound()
    return lesson


def create(session: Session, body: LessonCreate) -> Lesson:
    """Add a lesson to a course of a draft. Raises `NotFound`, `InvalidContent`, `KeyTaken`."""
    module = modules.get(session, body.module_id)
    if module.kind != ModuleKind.COURSE:
        raise InvalidContent("Lessons belong to modules of kind course.")
    require_asset(session, body.asset_id, purpose=LESSON_VIDEO)
    lesson = Lesson(
        id=new_id(), program_id=module.program_id, version_id=module.version_id, **body.model_dump()
    )
    content.add(session, lesson)
    return lesson


def change(session: Session, lesson_id: UUID, body: LessonPatch, *, if_match: int | None) -> Lesson:
    """Raises `NotFound`, `StaleVersion`, `InvalidContent`."""
    lesson = get(session, lesson_id)
    require_asset(session, body.asset_id, purpose=LESSON_VIDEO)
    content.change(session, lesson, body, if_match=if_match)
    return lesson


def remove(session: Session, lesson_id: UUID) -> None:
    """Take it out of the draft; published versions keep theirs. Raises `NotFound`."""
    session.delete(get(session, lesson_id))

"""/v1/assessment/lesson-items - the items a lesson's quiz always asks, or falls back to."""

from typing import Any
from uuid import UUID

from assessment.schemas.items import LessonItemsRead, LessonItemsWrite
from assessment.schemas.previews import LessonItemsPreviewRead
from assessment.service import lesson_items as service
from lodestar.api import (
    APIRouter,
    ReadSession,
    Staff,
    WriteSession,
    lambda_handler,
    problems,
)
from lodestar.problems import NotFound

router = APIRouter(tags=["assessment"])


@router.get(
    "/v1/assessment/lesson-items/{lesson_id}",
    summary="Read a lesson's items",
    response_model=LessonItemsRead,
    responses=problems(NotFound),
)
def read_lesson_items(lesson_id: UUID, _caller: Staff, session: ReadSession) -> dict[str, Any]:
    """In the order in which they are asked."""
    return service.read(session, lesson_id)


@router.put(
    "/v1/assessment/lesson-items/{lesson_id}",
    summary="Set a lesson's items",
    response_model=LessonItemsRead,
    responses=problems(NotFound),
)
def replace_lesson_items(
    lesson_id: UUID, body: LessonItemsWrite, _caller: Staff, session: WriteSession
) -> dict[str, Any]:
    """Exactly these, in this order. `required`: always asked; `fallback`: when a model does not serve (JR-23)."""
    return service.replace(session, lesson_id, body)


@router.post(
    "/v1/assessment/lesson-items/{lesson_id}/previews",
    summary="Preview a lesson's items",
    response_model=LessonItemsPreviewRead,
    responses=problems(NotFound),
)
def preview_lesson_items(
    lesson_id: UUID, body: LessonItemsWrite, _caller: Staff, session: WriteSession
) -> LessonItemsPreviewRead:
    """The learner's view of a mapping before it is saved: while a model serves, and when none does. Nothing changes."""
    from assessment.service import lesson_previews

    return lesson_previews.preview(session, lesson_id, body)


handler = lambda_handler(router)

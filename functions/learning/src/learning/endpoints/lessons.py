"""/v1/learning/lessons - the lessons of a course: staff draft them, learners take them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from learning.errors import KeyTaken, ModuleLocked
from learning.models.lessons import Lesson
from learning.schemas.lessons import (
    LearnerLessonRead,
    LearnerLessonSummary,
    LessonCreate,
    LessonPatch,
    LessonRead,
)
from learning.service import lessons as service
from lodestar.api import (
    APIRouter,
    Caller,
    IfMatch,
    Paging,
    ReadSession,
    Staff,
    WriteSession,
    lambda_handler,
    problems,
)
from lodestar.pagination import Page, PageOf
from lodestar.problems import FeatureOff, InvalidContent, NotFound, StaleVersion

router = APIRouter(tags=["learning"])


@router.get(
    "/v1/learning/lessons",
    summary="List lessons",
    response_model=PageOf[LessonRead | LearnerLessonSummary],
    responses=problems(),
)
def list_lessons(
    caller: Caller,
    session: ReadSession,
    page: Paging,
    module_id: Annotated[UUID | None, Query()] = None,
    enrollment_id: Annotated[UUID | None, Query(description="Learners: of this enrollment only")] = None,
) -> Page[LessonRead | LearnerLessonSummary]:
    """Staff: their drafts' lessons. Learners: those of their enrollments, without what they say."""
    return service.list_for(session, caller, page, module_id=module_id, enrollment_id=enrollment_id)


@router.post(
    "/v1/learning/lessons",
    summary="Add a lesson",
    status_code=201,
    response_model=LessonRead,
    responses=problems(NotFound, InvalidContent, KeyTaken),
)
def create_lesson(body: LessonCreate, _caller: Staff, session: WriteSession) -> Lesson:
    """To a course of a draft: a video by its asset, or a text."""
    return service.create(session, body)


@router.get(
    "/v1/learning/lessons/{lesson_id}",
    summary="Read a lesson",
    response_model=LessonRead | LearnerLessonRead,
    responses=problems(NotFound, ModuleLocked, FeatureOff),
)
def read_lesson(lesson_id: UUID, caller: Caller, session: ReadSession) -> LessonRead | LearnerLessonRead:
    """Staff: a draft's lesson. Learners: an open lesson with what it says; 403 `module_locked` before."""
    return service.read_for(session, caller, lesson_id)


@router.patch(
    "/v1/learning/lessons/{lesson_id}",
    summary="Change a lesson",
    response_model=LessonRead,
    responses=problems(NotFound, StaleVersion, InvalidContent),
)
def change_lesson(
    lesson_id: UUID, body: LessonPatch, _caller: Staff, session: WriteSession, if_match: IfMatch
) -> Lesson:
    """A draft's lesson; published versions keep theirs."""
    return service.change(session, lesson_id, body, if_match=if_match)


@router.delete(
    "/v1/learning/lessons/{lesson_id}",
    summary="Remove a lesson",
    status_code=204,
    responses=problems(NotFound),
)
def remove_lesson(lesson_id: UUID, _caller: Staff, session: WriteSession) -> None:
    """Out of the draft; published versions keep it."""
    service.remove(session, lesson_id)


handler = lambda_handler(router)

"""/v1/learning/enrollments - who is on which program, and how far."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from learning.errors import (
    AlreadyEnrolled,
    BackgroundFixed,
    CohortArchived,
    CohortFull,
    IndividualsHidden,
    ModuleLocked,
    NotAssigned,
    NotPublished,
    UnknownBackground,
)
from learning.schemas.enrollments import EnrollmentCreate, EnrollmentPatch, EnrollmentRead, Status
from learning.schemas.progress import LessonProgressSaved, LessonProgressWrite, ProgressRead
from learning.service import enrollments as service
from learning.service import enrolment, progress
from learning.service.enrollments import EnrollmentFilters
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
from lodestar.problems import FeatureOff, NotFound, StaleVersion

router = APIRouter(tags=["learning"])


@router.get(
    "/v1/learning/enrollments",
    summary="List enrollments",
    response_model=PageOf[EnrollmentRead],
    responses=problems(IndividualsHidden),
)
def list_enrollments(
    caller: Caller,
    session: ReadSession,
    page: Paging,
    *,
    learner_id: Annotated[UUID | None, Query()] = None,
    program_id: Annotated[UUID | None, Query()] = None,
    cohort_id: Annotated[UUID | None, Query()] = None,
    status: Annotated[Status | None, Query()] = None,
) -> Page[EnrollmentRead]:
    """Learners: their programs with stars, tier, current and next module and locks (JR-13). Staff: their organization's."""
    wanted = EnrollmentFilters(learner_id, program_id, cohort_id, status)
    return service.list_for(session, caller, page, wanted)


@router.post(
    "/v1/learning/enrollments",
    summary="Enrol a learner",
    status_code=201,
    response_model=EnrollmentRead,
    responses=problems(
        NotFound, NotAssigned, NotPublished, AlreadyEnrolled, CohortArchived, CohortFull, FeatureOff
    ),
)
def enrol(body: EnrollmentCreate, caller: Staff, session: WriteSession) -> EnrollmentRead:
    """On a program that the organization is offered; learners of Job Readiness are enrolled by themselves."""
    return service.read_new(session, caller, enrolment.by_staff(session, body))


@router.get(
    "/v1/learning/enrollments/{enrollment_id}",
    summary="Read an enrollment",
    response_model=EnrollmentRead,
    responses=problems(NotFound, IndividualsHidden, FeatureOff),
)
def read_enrollment(enrollment_id: UUID, caller: Caller, session: ReadSession) -> EnrollmentRead:
    """The learner's own, or one of the staff's organization."""
    return service.read(session, caller, enrollment_id)


@router.patch(
    "/v1/learning/enrollments/{enrollment_id}",
    summary="Change an enrollment",
    response_model=EnrollmentRead,
    responses=problems(
        NotFound, StaleVersion, BackgroundFixed, UnknownBackground, CohortArchived, CohortFull, FeatureOff
    ),
)
def change_enrollment(
    enrollment_id: UUID, body: EnrollmentPatch, caller: Caller, session: WriteSession, if_match: IfMatch
) -> EnrollmentRead:
    """The background, until the first project starts; staff also withdraw, readmit, move to a newer version, and
    into a cohort or out of it."""
    return service.change(session, caller, enrollment_id, body, if_match=if_match)


@router.get(
    "/v1/learning/enrollments/{enrollment_id}/progress",
    summary="Read a learner's progress",
    response_model=ProgressRead,
    responses=problems(NotFound, IndividualsHidden, FeatureOff),
)
def read_progress(enrollment_id: UUID, caller: Caller, session: ReadSession) -> ProgressRead:
    """Stars, tier, every module with its lock, "X of 5", where to resume and what to do next, words included."""
    service.require_individuals(caller)
    return progress.read(session, caller, enrollment_id)


@router.put(
    "/v1/learning/enrollments/{enrollment_id}/lesson-progress/{lesson_id}",
    summary="Open or finish a lesson",
    response_model=LessonProgressSaved,
    responses=problems(NotFound, ModuleLocked, FeatureOff),
)
def save_lesson_progress(
    enrollment_id: UUID, lesson_id: UUID, body: LessonProgressWrite, caller: Caller, session: WriteSession
) -> LessonProgressSaved:
    """The learner resumes here; `read` completes a text lesson. A video completes by its playback."""
    return progress.save_lesson(
        session, caller, enrollment_id=enrollment_id, lesson_id=lesson_id, read_to_end=body.read
    )


handler = lambda_handler(router)

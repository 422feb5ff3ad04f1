"""/v1/learning/cohorts - who takes a program together, from when to when."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from learning.errors import CohortTitleTaken
from learning.schemas.cohorts import CohortCreate, CohortPatch, CohortRead
from learning.service import cohorts as service
from lodestar.api import (
    APIRouter,
    IfMatch,
    Paging,
    ReadSession,
    Staff,
    WriteSession,
    lambda_handler,
    problems,
)
from lodestar.pagination import Page, PageOf
from lodestar.problems import InvalidContent, NotFound, StaleVersion

router = APIRouter(tags=["learning"])


@router.get(
    "/v1/learning/cohorts", summary="List cohorts", response_model=PageOf[CohortRead], responses=problems()
)
def list_cohorts(
    _caller: Staff,
    session: ReadSession,
    page: Paging,
    *,
    program_id: Annotated[UUID | None, Query()] = None,
    archived: Annotated[bool | None, Query(description="Only these")] = None,
) -> Page[CohortRead]:
    """The organization's, newest first, each with how full it is."""
    return service.list_own(session, page, program_id=program_id, archived=archived)


@router.post(
    "/v1/learning/cohorts",
    summary="Open a cohort",
    status_code=201,
    response_model=CohortRead,
    responses=problems(NotFound, CohortTitleTaken),
)
def create_cohort(body: CohortCreate, _caller: Staff, session: WriteSession) -> CohortRead:
    """Learners join it when they are enrolled, or by a change of their enrollment."""
    return service.create(session, body)


@router.get(
    "/v1/learning/cohorts/{cohort_id}",
    summary="Read a cohort",
    response_model=CohortRead,
    responses=problems(NotFound),
)
def read_cohort(cohort_id: UUID, _caller: Staff, session: ReadSession) -> CohortRead:
    """Its learners are the enrollments with this `cohort_id`."""
    return service.read(session, cohort_id)


@router.patch(
    "/v1/learning/cohorts/{cohort_id}",
    summary="Change a cohort",
    response_model=CohortRead,
    responses=problems(NotFound, StaleVersion, InvalidContent, CohortTitleTaken),
)
def change_cohort(
    cohort_id: UUID, body: CohortPatch, _caller: Staff, session: WriteSession, if_match: IfMatch
) -> CohortRead:
    """Audited. `archived` closes it for newcomers, and opens it again."""
    return service.change(session, cohort_id, body, if_match=if_match)


handler = lambda_handler(router)

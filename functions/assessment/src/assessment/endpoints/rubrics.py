"""/v1/assessment/rubrics - what is graded and how much it weighs, for staff."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from assessment.models.rubrics import Rubric
from assessment.schemas.rubrics import RubricCreate, RubricDetail, RubricPatch, RubricRead
from assessment.service import content
from assessment.service import rubrics as service
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
from lodestar.problems import Conflict, NotFound, StaleVersion

router = APIRouter(tags=["assessment"])


@router.get(
    "/v1/assessment/rubrics",
    summary="List rubrics",
    response_model=PageOf[RubricRead],
    responses=problems(NotFound),
)
def list_rubrics(
    _caller: Staff,
    session: ReadSession,
    page: Paging,
    key: Annotated[str | None, Query(max_length=100)] = None,
) -> Page[Rubric]:
    """The organization's rubrics, newest first."""
    return content.list_own(session, Rubric, page, key=key)


@router.post(
    "/v1/assessment/rubrics",
    summary="Add a rubric",
    status_code=201,
    response_model=RubricRead,
    responses=problems(Conflict),
)
def create_rubric(body: RubricCreate, _caller: Staff, session: WriteSession) -> Rubric:
    """`key` is unique in the organization; the same again is a conflict."""
    return content.create(session, Rubric(**body.model_dump()))


@router.get(
    "/v1/assessment/rubrics/{rubric_id}",
    summary="Read a rubric",
    response_model=RubricDetail,
    responses=problems(NotFound),
)
def read_rubric(rubric_id: UUID, _caller: Staff, session: ReadSession) -> RubricDetail:
    """Its version is the ETag. `versions` are what it was, and how many attempts are graded by each."""
    return service.read(session, rubric_id)


@router.patch(
    "/v1/assessment/rubrics/{rubric_id}",
    summary="Change a rubric",
    response_model=RubricRead,
    responses=problems(NotFound, StaleVersion),
)
def change_rubric(
    rubric_id: UUID, body: RubricPatch, _caller: Staff, session: WriteSession, if_match: IfMatch
) -> Rubric:
    """What has started is graded by the version it froze."""
    return content.change(session, content.get(session, Rubric, rubric_id), body, if_match=if_match)


handler = lambda_handler(router)

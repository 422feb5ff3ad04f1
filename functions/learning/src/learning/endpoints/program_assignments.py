"""/v1/learning/program-assignments - which programs an organization is offered."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from learning.errors import NotPublished
from learning.schemas.program_assignments import AssignmentCreate, AssignmentRead
from learning.service import program_assignments as service
from lodestar.api import (
    Administrator,
    APIRouter,
    Paging,
    ReadSession,
    Staff,
    WriteSession,
    lambda_handler,
    problems,
)
from lodestar.pagination import Page, PageOf
from lodestar.problems import NotFound

router = APIRouter(tags=["learning"])


@router.get(
    "/v1/learning/program-assignments",
    summary="List the programs on offer",
    response_model=PageOf[AssignmentRead],
    responses=problems(),
)
def list_assignments(
    caller: Staff, session: ReadSession, page: Paging, program_id: Annotated[UUID | None, Query()] = None
) -> Page[AssignmentRead]:
    """What the organization is, or was, offered."""
    return service.list_own(session, caller, page, program_id=program_id)


@router.post(
    "/v1/learning/program-assignments",
    summary="Offer a program",
    status_code=201,
    response_model=AssignmentRead,
    responses=problems(NotFound, NotPublished),
)
def assign_program(body: AssignmentCreate, caller: Administrator, session: WriteSession) -> AssignmentRead:
    """To the organization of the request. Its learners are enrolled within seconds, and so is who joins later."""
    return service.assign(session, caller, body.program_id)


@router.delete(
    "/v1/learning/program-assignments/{assignment_id}",
    summary="End an offer",
    status_code=204,
    responses=problems(NotFound),
)
def end_assignment(assignment_id: UUID, caller: Administrator, session: WriteSession) -> None:
    """Nobody new is enrolled; who is enrolled goes on."""
    service.end(session, caller, assignment_id)


handler = lambda_handler(router)

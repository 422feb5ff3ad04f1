"""/v1/learning/programs - what is taught: staff draft it, publish it, and set what earns each star."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from learning.errors import DraftIncomplete, KeyTaken, NothingToPublish
from learning.models.programs import ProgramVersion
from learning.schemas.programs import (
    ProgramCreate,
    ProgramPatch,
    ProgramPreview,
    ProgramRead,
    ProgramType,
    StagesRead,
    StagesWrite,
    VersionRead,
)
from learning.service import previews
from learning.service import programs as service
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
    "/v1/learning/programs", summary="List programs", response_model=PageOf[ProgramRead], responses=problems()
)
def list_programs(
    _caller: Staff,
    session: ReadSession,
    page: Paging,
    key: Annotated[str | None, Query(max_length=100)] = None,
    program_type: Annotated[ProgramType | None, Query(alias="type")] = None,
) -> Page[ProgramRead]:
    """What the organization wrote, newest first; what it is offered stands in program-assignments."""
    return service.list_own(session, page, key=key, type_=program_type)


@router.post(
    "/v1/learning/programs",
    summary="Draft a program",
    status_code=201,
    response_model=ProgramRead,
    responses=problems(KeyTaken),
)
def create_program(body: ProgramCreate, _caller: Staff, session: WriteSession) -> ProgramRead:
    """With the usual stages of its type, which may be changed before it is published."""
    return service.create(session, body)


@router.get(
    "/v1/learning/programs/{program_id}",
    summary="Read a program",
    response_model=ProgramRead,
    responses=problems(NotFound),
)
def read_program(program_id: UUID, _caller: Staff, session: ReadSession) -> ProgramRead:
    """With the ids of its draft and of the version that learners are enrolled on."""
    return service.read(session, program_id)


@router.patch(
    "/v1/learning/programs/{program_id}",
    summary="Change a program",
    response_model=ProgramRead,
    responses=problems(NotFound, StaleVersion),
)
def change_program(
    program_id: UUID, body: ProgramPatch, _caller: Staff, session: WriteSession, if_match: IfMatch
) -> ProgramRead:
    """Its title and description, at once."""
    return service.change(session, program_id, body, if_match=if_match)


@router.delete(
    "/v1/learning/programs/{program_id}",
    summary="Archive a program",
    status_code=204,
    responses=problems(NotFound),
)
def archive_program(program_id: UUID, _caller: Staff, session: WriteSession) -> None:
    """Nobody new is enrolled; who is enrolled goes on."""
    service.archive(session, program_id)


@router.post(
    "/v1/learning/programs/{program_id}/versions",
    summary="Publish the draft",
    status_code=201,
    response_model=VersionRead,
    responses=problems(NotFound, DraftIncomplete, NothingToPublish),
)
def publish_version(program_id: UUID, _caller: Staff, session: WriteSession) -> ProgramVersion:
    """It never changes again; new enrollments are on it, and a new draft begins as its copy."""
    return service.publish(session, program_id)


@router.get(
    "/v1/learning/programs/{program_id}/stages",
    summary="Read the draft's stages",
    response_model=StagesRead,
    responses=problems(NotFound),
)
def read_stages(program_id: UUID, _caller: Staff, session: ReadSession) -> StagesRead:
    """What earns each star, the tiers' lower bounds, and after which stars a promotion is offered."""
    return service.read_stages(session, program_id)


@router.put(
    "/v1/learning/programs/{program_id}/stages",
    summary="Set the draft's stages",
    response_model=StagesRead,
    responses=problems(NotFound, StaleVersion, InvalidContent),
)
def write_stages(
    program_id: UUID, body: StagesWrite, _caller: Staff, session: WriteSession, if_match: IfMatch
) -> StagesRead:
    """Refused when stars have gaps, a kind is missing, or the tiers' ranges would overlap (JR-17, JR-18). Published
    versions, and with them everybody who is enrolled, keep theirs."""
    return service.write_stages(session, program_id, body, if_match=if_match)


@router.post(
    "/v1/learning/programs/{program_id}/previews",
    summary="Preview the draft",
    response_model=ProgramPreview,
    responses=problems(NotFound),
)
def preview_program(program_id: UUID, _caller: Staff, session: WriteSession) -> ProgramPreview:
    """Its stages as learners would read them, the tiers' ranges, and what should be looked at before it is published
    (JR-17, JR-18). Nothing is changed."""
    return previews.preview(session, program_id)


handler = lambda_handler(router)

"""/v1/learning/resources - links and files beside a lesson."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from learning.errors import KeyTaken, ModuleLocked
from learning.schemas.resources import DownloadRead, ResourceCreate, ResourcePatch, ResourceRead
from learning.service import resources as service
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
    "/v1/learning/resources",
    summary="List resources",
    response_model=PageOf[ResourceRead],
    responses=problems(),
)
def list_resources(
    caller: Caller,
    session: ReadSession,
    page: Paging,
    lesson_id: Annotated[UUID | None, Query()] = None,
) -> Page[ResourceRead]:
    """Staff: what they keep. Learners: what goes with the lessons of their enrollments."""
    return service.list_for(session, caller, page, lesson_id=lesson_id)


@router.post(
    "/v1/learning/resources",
    summary="Add a resource",
    status_code=201,
    response_model=ResourceRead,
    responses=problems(NotFound, InvalidContent, KeyTaken),
)
def create_resource(body: ResourceCreate, _caller: Staff, session: WriteSession) -> ResourceRead:
    """A link, or a file that was uploaded for the purpose `resource`."""
    return service.answer(service.create(session, body))


@router.get(
    "/v1/learning/resources/{resource_id}",
    summary="Read a resource",
    response_model=ResourceRead,
    responses=problems(NotFound, FeatureOff),
)
def read_resource(resource_id: UUID, caller: Caller, session: ReadSession) -> ResourceRead:
    """What it is; where to fetch it is told by a download."""
    return service.read_for(session, caller, resource_id)


@router.patch(
    "/v1/learning/resources/{resource_id}",
    summary="Change a resource",
    response_model=ResourceRead,
    responses=problems(NotFound, StaleVersion, InvalidContent),
)
def change_resource(
    resource_id: UUID, body: ResourcePatch, caller: Staff, session: WriteSession, if_match: IfMatch
) -> ResourceRead:
    """At once, in every version: a dead link can be mended."""
    return service.answer(service.change(session, caller, resource_id, body, if_match=if_match))


@router.delete(
    "/v1/learning/resources/{resource_id}",
    summary="Remove a resource",
    status_code=204,
    responses=problems(NotFound),
)
def remove_resource(resource_id: UUID, caller: Staff, session: WriteSession) -> None:
    """From every version."""
    service.remove(session, caller, resource_id)


@router.post(
    "/v1/learning/resources/{resource_id}/downloads",
    summary="Fetch a resource",
    status_code=201,
    response_model=DownloadRead,
    responses=problems(NotFound, ModuleLocked, FeatureOff),
)
def download_resource(resource_id: UUID, caller: Caller, session: WriteSession) -> DownloadRead:
    """A link's address; a file's asset, for which media mints a short-lived one."""
    return service.download(session, caller, resource_id)


handler = lambda_handler(router)

"""/v1/insights/exports - learners' progress, or a metric, as a table to keep."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from insights.errors import AggregatesOnly
from insights.models.exports import Export
from insights.schemas.exports import ExportCreate, ExportDetail, ExportRead, ExportState
from insights.service import exports as service
from lodestar.api import APIRouter, Paging, ReadSession, WriteSession, allow, lambda_handler, problems
from lodestar.pagination import Page, PageOf
from lodestar.principal import STAFF, Principal, Role
from lodestar.problems import NotFound, RateLimited

router = APIRouter(tags=["insights"])
Reader = Annotated[Principal, allow(*STAFF, Role.ANALYST)]


@router.get("/v1/insights/exports", summary="List exports", response_model=PageOf[ExportRead])
def list_exports(
    caller: Reader,
    session: ReadSession,
    page: Paging,
    state: Annotated[ExportState | None, Query()] = None,
) -> Page[Export]:
    """The organization's, newest first; an analyst's own."""
    return service.list_exports(session, caller, page, state=state)


@router.post(
    "/v1/insights/exports",
    summary="Export learners' progress or a metric",
    status_code=202,
    response_model=ExportRead,
    responses=problems(NotFound, AggregatesOnly, RateLimited),
)
def begin_export(body: ExportCreate, caller: Reader, session: WriteSession, response: Response) -> Export:
    """Made in the background (JR-52, JR-53, JR-57); the operation tells how far it is. Asked again meanwhile, it is the same."""
    export = service.begin(session, caller, body)
    response.headers["Location"] = f"/v1/identity/operations/{export.operation_id}"
    return export


@router.get(
    "/v1/insights/exports/{export_id}",
    summary="Read an export",
    response_model=ExportDetail,
    responses=problems(NotFound),
)
def read_export(export_id: UUID, caller: Reader, session: ReadSession, response: Response) -> ExportDetail:
    """A completed one has a fresh link to its file, for five minutes."""
    response.headers["Cache-Control"] = "no-store"
    return service.read(session, caller, export_id)


handler = lambda_handler(router)

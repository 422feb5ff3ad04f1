"""/v1/insights/exports - learners' progress as a table to keep."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from insights.models.exports import Export
from insights.schemas.exports import ExportCreate, ExportDetail, ExportRead, ExportState
from insights.service import exports as service
from lodestar.api import APIRouter, Paging, ReadSession, Staff, WriteSession, lambda_handler, problems
from lodestar.pagination import Page, PageOf
from lodestar.problems import NotFound, RateLimited

router = APIRouter(tags=["insights"])


@router.get("/v1/insights/exports", summary="List exports", response_model=PageOf[ExportRead])
def list_exports(
    _caller: Staff,
    session: ReadSession,
    page: Paging,
    state: Annotated[ExportState | None, Query()] = None,
) -> Page[Export]:
    """The organization's, newest first."""
    return service.list_exports(session, page, state=state)


@router.post(
    "/v1/insights/exports",
    summary="Export learners' progress",
    status_code=202,
    response_model=ExportRead,
    responses=problems(NotFound, RateLimited),
)
def begin_export(body: ExportCreate, caller: Staff, session: WriteSession, response: Response) -> Export:
    """Made in the background (JR-52, JR-53); the operation tells how far it is. Asked again meanwhile, it is the same."""
    export = service.begin(session, caller, body)
    response.headers["Location"] = f"/v1/identity/operations/{export.operation_id}"
    return export


@router.get(
    "/v1/insights/exports/{export_id}",
    summary="Read an export",
    response_model=ExportDetail,
    responses=problems(NotFound),
)
def read_export(export_id: UUID, _caller: Staff, session: ReadSession, response: Response) -> ExportDetail:
    """A completed one has a fresh link to its file, for five minutes."""
    response.headers["Cache-Control"] = "no-store"
    return service.read(session, export_id)


handler = lambda_handler(router)

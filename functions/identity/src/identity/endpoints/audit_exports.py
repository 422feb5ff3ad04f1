"""/v1/identity/audit-exports - the audit log as a file that can be verified anywhere."""

from uuid import UUID

from fastapi import Response

from identity.models.audit_exports import AuditExport
from identity.schemas.audit_exports import AuditExportCreate, AuditExportDetail, AuditExportRead
from identity.service import audit_exports as service
from lodestar.api import (
    Administrator,
    APIRouter,
    Paging,
    ReadSession,
    WriteSession,
    lambda_handler,
    problems,
)
from lodestar.pagination import Page, PageOf
from lodestar.problems import NotFound, RateLimited

router = APIRouter(tags=["identity"])


@router.get(
    "/v1/identity/audit-exports", summary="List audit exports", response_model=PageOf[AuditExportRead]
)
def list_audit_exports(_caller: Administrator, session: ReadSession, page: Paging) -> Page[AuditExport]:
    """The organization's, newest first."""
    return service.list_exports(session, page)


@router.post(
    "/v1/identity/audit-exports",
    summary="Export the audit log",
    status_code=202,
    response_model=AuditExportRead,
    responses=problems(RateLimited),
)
def begin_audit_export(
    body: AuditExportCreate, caller: Administrator, session: WriteSession, response: Response
) -> AuditExport:
    """Made in the background; the operation tells how far it is, and in the end whether the chain holds. Asked again
    meanwhile, it is the same."""
    export = service.begin(session, caller, body)
    response.headers["Location"] = f"/v1/identity/operations/{export.operation_id}"
    return export


@router.get(
    "/v1/identity/audit-exports/{export_id}",
    summary="Read an audit export",
    response_model=AuditExportDetail,
    responses=problems(NotFound),
)
def read_audit_export(
    export_id: UUID, _caller: Administrator, session: ReadSession, response: Response
) -> AuditExportDetail:
    """A completed one has a fresh link to its file, for five minutes."""
    response.headers["Cache-Control"] = "no-store"
    return service.read(session, export_id)


handler = lambda_handler(router)

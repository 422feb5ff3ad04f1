"""/v1/identity/audit-events - who did what, and whether it still says so."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from identity.models.audit_events import AuditEvent
from identity.models.operations import Operation
from identity.repository.audit_events import Search
from identity.schemas.audit_events import AuditEventRead, AuditHeadRead, AuditVerificationCreate
from identity.schemas.operations import OperationRead
from identity.service import audit_events as service
from lodestar.api import (
    Administrator,
    APIRouter,
    Moment,
    Paging,
    ReadSession,
    WriteSession,
    lambda_handler,
    problems,
)
from lodestar.pagination import Page, PageOf
from lodestar.problems import RateLimited

router = APIRouter(tags=["identity"])
Word = Annotated[str | None, Query(max_length=100)]


@router.get("/v1/identity/audit-events", summary="List audit events", response_model=PageOf[AuditEventRead])
def list_audit_events(
    _caller: Administrator,
    session: ReadSession,
    page: Paging,
    *,
    action: Annotated[
        str | None,
        Query(max_length=100, description="`membership.created`, or `membership` for all that begin so"),
    ] = None,
    actor_id: UUID | None = None,
    api_key_id: UUID | None = None,
    subject_type: Word = None,
    subject_id: UUID | None = None,
    correlation_id: Word = None,
    since: Annotated[Moment | None, Query(description="Not before this moment")] = None,
    before: Annotated[Moment | None, Query(description="Before this moment")] = None,
) -> Page[AuditEvent]:
    """The organization's, newest first."""
    search = Search(
        action=action,
        actor_id=actor_id,
        api_key_id=api_key_id,
        subject_type=subject_type,
        subject_id=subject_id,
        correlation_id=correlation_id,
        since=since,
        before=before,
    )
    return service.list_entries(session, page, search)


@router.get(
    "/v1/identity/audit-events/head", summary="Read the audit log's head", response_model=AuditHeadRead
)
def read_head(_caller: Administrator, session: ReadSession) -> dict[str, Any]:
    """Note it somewhere else from time to time: a verification with it finds what was cut off, or written anew."""
    sequence, hash_ = service.head(session)
    return {"sequence": sequence, "hash": hash_}


@router.post(
    "/v1/identity/audit-events/verifications",
    summary="Verify the audit log",
    status_code=202,
    response_model=OperationRead,
    responses=problems(RateLimited),
)
def verify_audit_log(
    body: AuditVerificationCreate, caller: Administrator, session: WriteSession, response: Response
) -> Operation:
    """The operation's `result` says whether the chain `holds`, how many entries were verified up to which `head`, and
    the `first_broken` one: its sequence, and whether it is `changed`, `missing` or `added`."""
    operation = service.begin_verification(session, caller, body)
    response.headers["Location"] = f"/v1/identity/operations/{operation.id}"
    return operation


handler = lambda_handler(router)

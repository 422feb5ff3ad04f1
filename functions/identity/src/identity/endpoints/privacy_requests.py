"""/v1/identity/privacy-requests - people ask for their data, or for its erasure; administrators decide on the latter."""

from typing import Literal
from uuid import UUID

from fastapi import Response

from identity.errors import AlreadyDecided, LastAdministrator, LegalHold, PersonRequired, PrivacyRequestOpen
from identity.models.privacy_requests import PrivacyRequest
from identity.schemas.privacy_requests import (
    PrivacyDecisionCreate,
    PrivacyKind,
    PrivacyRequestCreate,
    PrivacyRequestDetail,
    PrivacyRequestRead,
)
from identity.service import privacy_requests as service
from lodestar.api import (
    Administrator,
    APIRouter,
    Caller,
    Paging,
    ReadSession,
    WriteSession,
    lambda_handler,
    problems,
)
from lodestar.pagination import Page, PageOf
from lodestar.problems import RateLimited

router = APIRouter(tags=["identity"])


@router.get(
    "/v1/identity/privacy-requests",
    summary="List privacy requests",
    response_model=PageOf[PrivacyRequestRead],
)
def list_privacy_requests(
    caller: Caller,
    session: ReadSession,
    page: Paging,
    kind: PrivacyKind | None = None,
    state: Literal["pending", "approved", "running", "completed", "rejected", "failed"] | None = None,
) -> Page[PrivacyRequest]:
    """Administrators see the organization's, everybody else their own."""
    return service.list_requests(session, caller, page=page, kind=kind, state=state)


@router.post(
    "/v1/identity/privacy-requests",
    summary="Ask for one's data, or for its erasure",
    status_code=202,
    response_model=PrivacyRequestRead,
    responses=problems(PersonRequired, PrivacyRequestOpen, RateLimited),
)
def ask_for_privacy(
    body: PrivacyRequestCreate, caller: Caller, session: WriteSession, response: Response
) -> PrivacyRequest:
    """An export is made at once; an erasure waits for an administrator. The operation tells how far it is."""
    request = service.ask(session, caller, body)
    response.headers["Location"] = f"/v1/identity/operations/{request.operation_id}"
    return request


@router.get(
    "/v1/identity/privacy-requests/{request_id}",
    summary="Read a privacy request",
    response_model=PrivacyRequestDetail,
)
def read_privacy_request(
    request_id: UUID, caller: Caller, session: ReadSession, response: Response
) -> PrivacyRequestDetail:
    """A completed export has a fresh link to its archive, a completed erasure its certificate."""
    response.headers["Cache-Control"] = "no-store"
    return service.read(session, caller, request_id)


@router.post(
    "/v1/identity/privacy-requests/{request_id}/decisions",
    summary="Decide on an erasure",
    status_code=202,
    response_model=PrivacyRequestRead,
    responses=problems(AlreadyDecided, LastAdministrator, LegalHold, PersonRequired),
)
def decide_on_privacy_request(
    request_id: UUID,
    body: PrivacyDecisionCreate,
    caller: Administrator,
    session: WriteSession,
    response: Response,
) -> PrivacyRequest:
    """An approval ends the person's memberships here and starts the erasure, which cannot be undone. The request tells
    how far it is: its operation is the asker's own."""
    request = service.decide(session, caller, request_id=request_id, body=body)
    response.headers["Location"] = f"/v1/identity/privacy-requests/{request.id}"
    return request


handler = lambda_handler(router)

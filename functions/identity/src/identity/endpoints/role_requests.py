"""/v1/identity/role-requests - people ask for a role, administrators decide."""

from typing import Literal
from uuid import UUID

from identity.errors import (
    AlreadyDecided,
    AlreadyMember,
    AlreadyRequested,
    EmailNotVerified,
    OwnRequest,
    RoleNotGrantable,
)
from identity.models.role_requests import RoleRequest
from identity.schemas.role_requests import RoleRequestCreate, RoleRequestDecisionCreate, RoleRequestRead
from identity.service import role_requests as service
from lodestar.api import (
    ORGANIZATION_OPTIONAL,
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
from lodestar.problems import OrganizationRequired

router = APIRouter(tags=["identity"])


@router.get(
    "/v1/identity/role-requests", summary="List role requests", response_model=PageOf[RoleRequestRead]
)
def list_role_requests(
    caller: Caller,
    session: ReadSession,
    page: Paging,
    state: Literal["pending", "approved", "rejected"] | None = None,
) -> Page[RoleRequest]:
    """Administrators see the organization's, everybody else their own."""
    return service.list_requests(session, caller, page=page, state=state)


@router.post(
    "/v1/identity/role-requests",
    summary="Ask for a role",
    status_code=201,
    response_model=RoleRequestRead,
    responses=problems(AlreadyMember, AlreadyRequested, EmailNotVerified, OrganizationRequired),
    dependencies=[ORGANIZATION_OPTIONAL],
)
def ask_for_role(body: RoleRequestCreate, caller: Caller, session: WriteSession) -> RoleRequest:
    """In one's own organization, or in one that one wants to join."""
    return service.ask(session, caller, body)


@router.post(
    "/v1/identity/role-requests/{request_id}/decisions",
    summary="Decide on a role request",
    status_code=201,
    response_model=RoleRequestRead,
    responses=problems(AlreadyDecided, EmailNotVerified, OwnRequest, RoleNotGrantable),
)
def decide_on_role_request(
    request_id: UUID,
    body: RoleRequestDecisionCreate,
    caller: Administrator,
    session: WriteSession,
) -> RoleRequest:
    """Administrators are approved by the platform's administrators only, and nobody decides on their own request."""
    return service.decide(session, caller, request_id=request_id, body=body)


handler = lambda_handler(router)

"""/v1/identity/organizations - tenants: founded by people, verified by the platform."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from identity.errors import AlreadyDecided, EmailNotVerified, SlugTaken
from identity.models.organizations import Organization
from identity.schemas.organizations import (
    OrganizationCreate,
    OrganizationDetailRead,
    OrganizationRead,
    OrganizationUpdate,
    VerificationDecisionCreate,
)
from identity.service import organizations as service
from lodestar.api import (
    ORGANIZATION_OPTIONAL,
    Administrator,
    APIRouter,
    Caller,
    IfMatch,
    Paging,
    ReadSession,
    WriteSession,
    allow,
    lambda_handler,
    problems,
)
from lodestar.pagination import Page, PageOf
from lodestar.principal import Principal, Role
from lodestar.problems import StaleVersion

router = APIRouter(tags=["identity"])


@router.get(
    "/v1/identity/organizations",
    summary="List organizations",
    response_model=PageOf[OrganizationRead],
)
def list_organizations(
    _caller: Caller,
    session: ReadSession,
    page: Paging,
    slug: Annotated[str | None, Query(max_length=100, description="The short name of one")] = None,
) -> Page[Organization]:
    """The one of the request; from the platform's own, all of them."""
    return service.list_organizations(session, page, slug=slug)


@router.post(
    "/v1/identity/organizations",
    summary="Found an organization",
    status_code=201,
    response_model=OrganizationRead,
    responses=problems(EmailNotVerified, SlugTaken),
    dependencies=[ORGANIZATION_OPTIONAL],
)
def found_organization(body: OrganizationCreate, caller: Caller, session: WriteSession) -> Organization:
    """It is `pending` until a platform administrator has verified it, unless one founds it."""
    return service.found(session, caller, body)


@router.get(
    "/v1/identity/organizations/{org_id}",
    summary="Read an organization",
    response_model=OrganizationDetailRead,
)
def read_organization(org_id: UUID, _caller: Caller, session: ReadSession) -> service.Detail:
    """With what it chose for itself."""
    return service.read(session, org_id)


@router.patch(
    "/v1/identity/organizations/{org_id}",
    summary="Change an organization",
    response_model=OrganizationDetailRead,
    responses=problems(StaleVersion),
)
def update_organization(
    org_id: UUID,
    body: OrganizationUpdate,
    caller: Administrator,
    session: WriteSession,
    if_match: IfMatch,
) -> service.Detail:
    """The one of the request, by its administrators."""
    return service.update(session, caller, org_id=org_id, body=body, if_match=if_match)


@router.post(
    "/v1/identity/organizations/{org_id}/verification-decisions",
    summary="Verify or reject an organization",
    status_code=201,
    response_model=OrganizationRead,
    responses=problems(AlreadyDecided),
)
def decide_on_organization(
    org_id: UUID,
    body: VerificationDecisionCreate,
    caller: Annotated[Principal, allow(Role.PLATFORM_ADMIN)],
    session: WriteSession,
) -> Organization:
    """Whoever founded a verified organization becomes its administrator."""
    return service.decide(session, caller, org_id=org_id, body=body)


handler = lambda_handler(router)

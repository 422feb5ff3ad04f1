"""/v1/identity/members - who has which role in the organization."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from identity.errors import (
    AlreadyMember,
    EmailNotVerified,
    LastAdministrator,
    RoleNotGrantable,
    RoleOutsidePlatform,
)
from identity.repository.memberships import Member
from identity.schemas.members import MemberCreate, MemberRead, MemberUpdate
from identity.service import memberships as service
from lodestar.api import (
    APIRouter,
    IfMatch,
    Paging,
    ReadSession,
    Staff,
    WriteSession,
    allow,
    lambda_handler,
    problems,
)
from lodestar.pagination import Page, PageOf
from lodestar.principal import STAFF, Principal, Role
from lodestar.problems import StaleVersion

router = APIRouter(tags=["identity"])
Reader = Annotated[Principal, allow(*STAFF, Role.INSTRUCTOR, Role.SUPPORT_AGENT)]
Writer = Staff


@router.get("/v1/identity/members", summary="List members", response_model=PageOf[MemberRead])
def list_members(
    _caller: Reader,
    session: ReadSession,
    page: Paging,
    role: Role | None = None,
    user_id: UUID | None = None,
    email: Annotated[str | None, Query(max_length=254)] = None,
) -> Page[Member]:
    """The standing memberships, newest first; who has two roles is listed twice."""
    return service.list_members(session, page, role=role, user_id=user_id, email=email)


@router.post(
    "/v1/identity/members",
    summary="Give a member a further role",
    status_code=201,
    response_model=MemberRead,
    responses=problems(AlreadyMember, EmailNotVerified, RoleNotGrantable, RoleOutsidePlatform),
)
def add_member(body: MemberCreate, caller: Writer, session: WriteSession) -> Member:
    """For people who are or were members here; invite the others."""
    return service.add(session, caller, body)


@router.patch(
    "/v1/identity/members/{member_id}",
    summary="Change a member's role",
    response_model=MemberRead,
    responses=problems(
        AlreadyMember,
        EmailNotVerified,
        LastAdministrator,
        RoleNotGrantable,
        RoleOutsidePlatform,
        StaleVersion,
    ),
)
def change_member(
    member_id: UUID, body: MemberUpdate, caller: Writer, session: WriteSession, if_match: IfMatch
) -> Member:
    """The caller must be able to give both the old role and the new one."""
    return service.change(session, caller, membership_id=member_id, body=body, if_match=if_match)


@router.delete(
    "/v1/identity/members/{member_id}",
    summary="End a membership",
    status_code=204,
    responses=problems(LastAdministrator, RoleNotGrantable),
)
def end_membership(member_id: UUID, caller: Writer, session: WriteSession) -> None:
    """The person keeps their account, and their work stays."""
    service.end(session, caller, member_id)


handler = lambda_handler(router)

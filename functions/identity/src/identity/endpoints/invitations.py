"""/v1/identity/invitations - links by which people become members."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import Response

from identity.errors import InvitationClosed, RoleNotGrantable, RoleOutsidePlatform
from identity.schemas.invitations import InvitationCreate, InvitationLinkRead, InvitationRead
from identity.service import invitations as service
from lodestar.api import (
    APIRouter,
    Paging,
    ReadSession,
    Staff,
    WriteSession,
    lambda_handler,
    problems,
)
from lodestar.pagination import Page, PageOf
from lodestar.problems import SecretAlreadyShown

router = APIRouter(tags=["identity"])


@router.get("/v1/identity/invitations", summary="List invitations", response_model=PageOf[InvitationRead])
def list_invitations(_caller: Staff, session: ReadSession, page: Paging) -> Page[Mapping[str, Any]]:
    """The organization's, newest first, without their links."""
    return service.list_invitations(session, page)


@router.post(
    "/v1/identity/invitations",
    summary="Invite a person",
    status_code=201,
    response_model=InvitationLinkRead,
    responses=problems(RoleNotGrantable, RoleOutsidePlatform, SecretAlreadyShown),
)
def invite(
    body: InvitationCreate, caller: Staff, session: WriteSession, response: Response
) -> dict[str, Any]:
    """The person gets the link by e-mail; of the API's answers it is in this one only. It is good once, for 72 hours."""
    response.headers["Cache-Control"] = "no-store"
    return service.invite(session, caller, body)


@router.delete(
    "/v1/identity/invitations/{invitation_id}",
    summary="Revoke an invitation",
    status_code=204,
    responses=problems(InvitationClosed, RoleNotGrantable),
)
def revoke_invitation(invitation_id: UUID, caller: Staff, session: WriteSession) -> None:
    """Its link stops working."""
    service.revoke(session, caller, invitation_id)


handler = lambda_handler(router)

"""/v1/identity/me - the caller, their organizations, and what they may do."""

from identity.schemas.me import MeRead, MeUpdate, PermissionsRead
from identity.service import me as service
from lodestar.api import (
    ORGANIZATION_OPTIONAL,
    APIRouter,
    Caller,
    IfMatch,
    ReadSession,
    WriteSession,
    lambda_handler,
    problems,
)
from lodestar.problems import StaleVersion

router = APIRouter(tags=["identity"])


@router.get(
    "/v1/identity/me",
    summary="Read who I am and where I may go",
    response_model=MeRead,
    dependencies=[ORGANIZATION_OPTIONAL],
)
def read_me(caller: Caller, session: ReadSession) -> service.Me:
    """The one read that needs no organization: choose from `organizations`, then send `Lodestar-Organization`."""
    return service.read(session, caller)


@router.patch(
    "/v1/identity/me",
    summary="Change my name, time zone or language",
    response_model=MeRead,
    responses=problems(StaleVersion),
    dependencies=[ORGANIZATION_OPTIONAL],
)
def update_me(body: MeUpdate, caller: Caller, session: WriteSession, if_match: IfMatch) -> service.Me:
    """What is left out stays."""
    return service.update(session, caller, body=body, if_match=if_match)


@router.get(
    "/v1/identity/me/permissions",
    summary="Read what I may do in this organization",
    response_model=PermissionsRead,
)
def read_permissions(caller: Caller) -> service.Permissions:
    """What a screen offers; each operation decides for itself again."""
    return service.permissions(caller)


handler = lambda_handler(router)

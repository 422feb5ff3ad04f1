"""/v1/identity/retention-policies - how long an organization keeps what, and whose data must not go meanwhile."""

from identity.schemas.retention_policies import RetentionPoliciesRead, RetentionPoliciesUpdate
from identity.service import retention_policies as service
from lodestar.api import (
    Administrator,
    APIRouter,
    Caller,
    IfMatch,
    ReadSession,
    WriteSession,
    lambda_handler,
    problems,
)
from lodestar.problems import NotFound, StaleVersion

router = APIRouter(tags=["identity"])


@router.get(
    "/v1/identity/retention-policies",
    summary="Read how long what is kept",
    response_model=RetentionPoliciesRead,
)
def read_retention_policies(caller: Caller, session: ReadSession) -> RetentionPoliciesRead:
    """The periods are for everybody to know; legal holds are shown to administrators only."""
    return service.read(session, caller)


@router.put(
    "/v1/identity/retention-policies",
    summary="Set how long what is kept",
    response_model=RetentionPoliciesRead,
    responses=problems(NotFound, StaleVersion),
)
def set_retention_policies(
    body: RetentionPoliciesUpdate, caller: Administrator, session: WriteSession, if_match: IfMatch
) -> RetentionPoliciesRead:
    """Replaces all periods and all legal holds; a hold that is left out is released."""
    return service.replace(session, caller, body, if_match=if_match)


handler = lambda_handler(router)

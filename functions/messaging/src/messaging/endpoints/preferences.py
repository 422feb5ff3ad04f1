"""/v1/messaging/preferences - what the caller wants to get, and where."""

from lodestar.api import APIRouter, Caller, IfMatch, ReadSession, WriteSession, lambda_handler, problems
from lodestar.problems import StaleVersion
from messaging.schemas.wishes import PreferencesPut, PreferencesRead
from messaging.service import wishes as service

router = APIRouter(tags=["messaging"])


@router.get("/v1/messaging/preferences", summary="Read my preferences", response_model=PreferencesRead)
def read_preferences(caller: Caller, session: ReadSession) -> PreferencesRead:
    """In the organization that the caller acts in."""
    return service.read(session, caller)


@router.put(
    "/v1/messaging/preferences",
    summary="Write my preferences",
    response_model=PreferencesRead,
    responses=problems(StaleVersion),
)
def put_preferences(
    body: PreferencesPut, caller: Caller, session: WriteSession, if_match: IfMatch
) -> PreferencesRead:
    """They hold for every message that is not sent yet. What is told in the product is not switched off."""
    return service.put(session, caller, body, if_match=if_match)


handler = lambda_handler(router)

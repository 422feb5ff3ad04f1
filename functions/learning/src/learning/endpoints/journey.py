"""/v1/learning/journey - a learner's way across programs, and the hints that are due."""

from uuid import UUID

from learning.schemas.journey import JourneyRead, NudgePatch, NudgeRead, NudgesRead
from learning.service import journey as service
from lodestar.api import APIRouter, Caller, ReadSession, WriteSession, lambda_handler, problems
from lodestar.problems import NotFound

router = APIRouter(tags=["learning"])


@router.get(
    "/v1/learning/journey", summary="Read one's journey", response_model=JourneyRead, responses=problems()
)
def read_journey(caller: Caller, session: ReadSession) -> JourneyRead:
    """The caller's own programs and milestones."""
    return service.read(session, caller)


@router.get(
    "/v1/learning/journey/nudges",
    summary="List one's nudges",
    response_model=NudgesRead,
    responses=problems(),
)
def list_nudges(caller: Caller, session: ReadSession) -> NudgesRead:
    """What is due to the caller now and was not dismissed."""
    return service.nudges(session, caller)


@router.patch(
    "/v1/learning/journey/nudges/{nudge_id}",
    summary="Dismiss a nudge",
    response_model=NudgeRead,
    responses=problems(NotFound),
)
def dismiss_nudge(nudge_id: UUID, body: NudgePatch, caller: Caller, session: WriteSession) -> NudgeRead:
    """It does not come back for the same occasion."""
    del body
    return service.dismiss(session, caller, nudge_id)


handler = lambda_handler(router)

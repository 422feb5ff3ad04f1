"""/v1/assessment/appeals - a learner asks a person to look again."""

from typing import Annotated
from uuid import UUID

from fastapi import Response

from assessment.errors import AppealAnswered, NotAppealable, OwnWork
from assessment.models.appeals import Appeal
from assessment.rules.decisions import DECIDERS
from assessment.schemas.appeals import AppealCreate, AppealRead, AppealState
from assessment.schemas.decisions import AppealDecisionCreate
from assessment.service import appeals as service
from assessment.service import decisions
from lodestar.api import (
    APIRouter,
    Caller,
    Paging,
    ReadSession,
    WriteSession,
    allow,
    lambda_handler,
    problems,
)
from lodestar.pagination import Page, PageOf
from lodestar.principal import Principal
from lodestar.problems import InvalidContent, NotFound
from lodestar.responses import answered_again

router = APIRouter(tags=["assessment"])


@router.get(
    "/v1/assessment/appeals",
    summary="List appeals",
    response_model=PageOf[AppealRead],
    responses=problems(NotFound),
)
def list_appeals(
    caller: Caller,
    session: ReadSession,
    page: Paging,
    state: AppealState | None = None,
    attempt_id: UUID | None = None,
) -> Page[Appeal]:
    """Staff see their organization's appeals, a learner their own."""
    return service.list_appeals(session, caller, page, state=state, attempt_id=attempt_id)


@router.post(
    "/v1/assessment/appeals",
    summary="Appeal against an outcome",
    status_code=201,
    response_model=AppealRead,
    responses=answered_again() | problems(NotFound, NotAppealable),
)
def create_appeal(body: AppealCreate, caller: Caller, session: WriteSession, response: Response) -> Appeal:
    """One appeal an attempt; the same again answers 200 with the first."""
    appeal, is_new = service.appeal(session, caller.user_id, body)
    response.status_code = 201 if is_new else 200
    return appeal


@router.post(
    "/v1/assessment/appeals/{appeal_id}/decisions",
    summary="Answer an appeal",
    status_code=201,
    response_model=AppealRead,
    responses=problems(NotFound, OwnWork, AppealAnswered, InvalidContent),
)
def answer_appeal(
    appeal_id: UUID,
    body: AppealDecisionCreate,
    caller: Annotated[Principal, allow(*DECIDERS)],
    session: WriteSession,
) -> Appeal:
    """Uphold, and the attempt is decided anew; or dismiss, and it stays as it is."""
    return decisions.answer_appeal(session, caller, appeal_id, body)


handler = lambda_handler(router)

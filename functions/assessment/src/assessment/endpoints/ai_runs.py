"""/v1/assessment/ai-runs - the log of calls to models, and whether one can be made now."""

from typing import Annotated

from fastapi import Query

from assessment.models.ai_runs import AiRun
from assessment.schemas.ai_runs import AiHealthRead, AiRunRead
from assessment.service import ai_runs as service
from lodestar.adapters import ai
from lodestar.api import (
    APIRouter,
    Caller,
    Paging,
    ReadSession,
    Staff,
    lambda_handler,
    problems,
)
from lodestar.pagination import Page, PageOf
from lodestar.problems import NotFound

router = APIRouter(tags=["assessment"])


@router.get(
    "/v1/assessment/ai-runs",
    summary="List calls to models",
    response_model=PageOf[AiRunRead],
    responses=problems(NotFound),
)
def list_ai_runs(
    _caller: Staff,
    session: ReadSession,
    page: Paging,
    purpose: ai.Purpose | None = None,
    outcome: Annotated[str | None, Query(max_length=40)] = None,
) -> Page[AiRun]:
    """The organization's calls, newest first: model, prompt version, tokens, latency, cost, outcome."""
    return service.list_runs(session, purpose=purpose, outcome=outcome, page=page)


@router.get(
    "/v1/assessment/ai-runs/health",
    summary="Ask whether models can serve now",
    response_model=AiHealthRead,
    responses=problems(NotFound),
)
def read_health(_caller: Caller, purpose: ai.Purpose = ai.Purpose.GRADE_INTERVIEW) -> AiHealthRead:
    """Asks the provider (JR-42); generates nothing and costs nothing."""
    health = ai.health(purpose)
    return AiHealthRead(purpose=purpose, available=health.available, model=health.model)


handler = lambda_handler(router)

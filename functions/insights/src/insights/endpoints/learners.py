"""/v1/insights/learners - how far an organization's learners are."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from insights.schemas.learners import (
    LearnerDetail,
    LearnerFilters,
    LearnerRead,
    LearnerSort,
    Star,
    Status,
    Words,
)
from insights.service import learners as service
from lodestar.api import APIRouter, Paging, ReadSession, Staff, lambda_handler, problems
from lodestar.contracts.learning import Tier
from lodestar.pagination import Page, PageOf
from lodestar.problems import NotFound

router = APIRouter(tags=["insights"])


async def _filters(
    *,
    program_id: Annotated[UUID | None, Query()] = None,
    star: Annotated[Star | None, Query(description="Exactly so many stars")] = None,
    tier: Annotated[Tier | None, Query()] = None,
    status: Annotated[Status | None, Query()] = None,
    background_id: Annotated[UUID | None, Query()] = None,
    cohort_id: Annotated[UUID | None, Query()] = None,
    q: Annotated[
        Words | None, Query(description="Words with which words of the name, or the e-mail, begin")
    ] = None,
) -> LearnerFilters:
    return LearnerFilters(
        program_id=program_id,
        star=star,
        tier=tier,
        status=status,
        background_id=background_id,
        cohort_id=cohort_id,
        q=q,
    )


@router.get("/v1/insights/learners", summary="List learners' progress", response_model=PageOf[LearnerRead])
def list_learners(
    _caller: Staff,
    session: ReadSession,
    page: Paging,
    filters: Annotated[LearnerFilters, Depends(_filters)],
    sort: Annotated[LearnerSort, Query()] = LearnerSort.NEWEST,
) -> Page[LearnerRead]:
    """A row for each learner and program (JR-52, JR-53)."""
    return service.list_learners(session, page, filters=filters, sort=sort)


@router.get(
    "/v1/insights/learners/{learner_id}",
    summary="Read a learner's progress",
    response_model=LearnerDetail,
    responses=problems(NotFound),
)
def read_learner(learner_id: UUID, _caller: Staff, session: ReadSession) -> LearnerDetail:
    """Every program of theirs, with stars, modules, changes of tier and attempts."""
    return service.read(session, learner_id)


handler = lambda_handler(router)

"""/v1/insights/activity - what learners did, newest first."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from insights.schemas.activity import ActivityRead, Verb
from insights.service import activity as service
from lodestar.api import APIRouter, Paging, ReadSession, Staff, lambda_handler
from lodestar.pagination import Page, PageOf

router = APIRouter(tags=["insights"])


@router.get("/v1/insights/activity", summary="List activity", response_model=PageOf[ActivityRead])
def list_activity(
    *,
    _caller: Staff,
    session: ReadSession,
    page: Paging,
    learner_id: Annotated[UUID | None, Query()] = None,
    verb: Annotated[Verb | None, Query()] = None,
    program_id: Annotated[UUID | None, Query()] = None,
) -> Page[ActivityRead]:
    """The organization's, from every domain (SB-02), within seconds of what happened."""
    return service.list_events(session, page, learner_id=learner_id, verb=verb, program_id=program_id)


handler = lambda_handler(router)

"""/v1/assessment/fallback-contents - what serves when no model does, for staff."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from assessment.models.backgrounds import FallbackContent
from assessment.schemas.backgrounds import FallbackCreate, FallbackPatch, FallbackRead
from assessment.service import content
from assessment.service import fallback_contents as service
from lodestar.api import (
    APIRouter,
    IfMatch,
    Paging,
    ReadSession,
    Staff,
    WriteSession,
    lambda_handler,
    problems,
)
from lodestar.contracts.learning import Tier
from lodestar.pagination import Page, PageOf
from lodestar.problems import Conflict, NotFound, StaleVersion

router = APIRouter(tags=["assessment"])


@router.get(
    "/v1/assessment/fallback-contents",
    summary="List fallback contents",
    response_model=PageOf[FallbackRead],
    responses=problems(NotFound),
)
def list_fallback_contents(
    _caller: Staff,
    session: ReadSession,
    page: Paging,
    *,
    kind: Literal["project", "interview_questions"] | None = None,
    background_id: UUID | None = None,
    tier: Tier | None = None,
    key: Annotated[str | None, Query(max_length=100)] = None,
) -> Page[FallbackContent]:
    """The organization's fallbacks, newest first."""
    return content.list_own(
        session, FallbackContent, page, kind=kind, background_id=background_id, tier=tier, key=key
    )


@router.post(
    "/v1/assessment/fallback-contents",
    summary="Add a fallback content",
    status_code=201,
    response_model=FallbackRead,
    responses=problems(NotFound, Conflict),
)
def create_fallback_content(body: FallbackCreate, _caller: Staff, session: WriteSession) -> FallbackContent:
    """A project (JR-36) or interview questions (JR-41) for a background at a tier."""
    return service.create(session, body)


@router.patch(
    "/v1/assessment/fallback-contents/{fallback_id}",
    summary="Change a fallback content",
    response_model=FallbackRead,
    responses=problems(NotFound, StaleVersion),
)
def change_fallback_content(
    fallback_id: UUID, body: FallbackPatch, _caller: Staff, session: WriteSession, if_match: IfMatch
) -> FallbackContent:
    """Attempts that were served with it keep their copy."""
    return service.change(session, fallback_id, body, if_match=if_match)


@router.delete(
    "/v1/assessment/fallback-contents/{fallback_id}",
    summary="Delete a fallback content",
    status_code=204,
    responses=problems(NotFound, StaleVersion),
)
def delete_fallback_content(
    fallback_id: UUID, _caller: Staff, session: WriteSession, if_match: IfMatch
) -> None:
    """Attempts that were served with it keep their copy."""
    service.delete(session, fallback_id, if_match=if_match)


handler = lambda_handler(router)

"""/v1/learning/overrides - staff set a learner's star or tier, with a reason."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from learning.errors import NothingToOverride
from learning.models.overrides import ProgressOverride
from learning.schemas.overrides import (
    OverrideCreate,
    OverrideMade,
    OverridePreview,
    OverridePreviewCreate,
    OverrideRead,
)
from learning.service import overrides as service
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
from lodestar.problems import InvalidContent, NotFound

router = APIRouter(tags=["learning"])


@router.get(
    "/v1/learning/overrides",
    summary="List overrides",
    response_model=PageOf[OverrideRead],
    responses=problems(),
)
def list_overrides(
    caller: Staff, session: ReadSession, page: Paging, enrollment_id: Annotated[UUID | None, Query()] = None
) -> Page[ProgressOverride]:
    """Who set what, and why, newest first."""
    return service.list_own(session, caller, page, enrollment_id=enrollment_id)


@router.post(
    "/v1/learning/overrides",
    summary="Override a star or tier",
    status_code=201,
    response_model=OverrideMade,
    responses=problems(NotFound, InvalidContent, NothingToOverride),
)
def create_override(body: OverrideCreate, caller: Staff, session: WriteSession) -> OverrideMade:
    """Audited. The next access check obeys it; the answer warns of what it opens and locks (JR-51, X-47)."""
    return service.override(session, caller, body)


@router.post(
    "/v1/learning/overrides/previews",
    summary="Preview an override",
    response_model=OverridePreview,
    responses=problems(NotFound, InvalidContent, NothingToOverride),
)
def preview_override(body: OverridePreviewCreate, caller: Staff, session: WriteSession) -> OverridePreview:
    """What it would unlock and lock, which promotion offer and which credentials would follow; nothing is changed."""
    return service.preview(session, caller, body)


handler = lambda_handler(router)

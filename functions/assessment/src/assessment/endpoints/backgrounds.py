"""/v1/assessment/backgrounds - learners' fields, and what each is asked at each tier."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query, Response

from assessment.models.backgrounds import Background, BackgroundProfile
from assessment.models.previews import Preview
from assessment.schemas.backgrounds import (
    BackgroundCreate,
    BackgroundPatch,
    BackgroundRead,
    ProfileRead,
    ProfileWrite,
)
from assessment.schemas.previews import PreviewRead
from assessment.service import backgrounds as service
from assessment.service import content
from lodestar.api import (
    APIRouter,
    Caller,
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
from lodestar.problems import Conflict, FeatureOff, NotFound, RateLimited, StaleVersion

router = APIRouter(tags=["assessment"])
Kind = Literal["project", "interview"]
TypePath = Annotated[
    str, Path(alias="type", pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$", max_length=60, examples=["case_study"])
]
PROFILE = "/v1/assessment/backgrounds/{background_id}/profiles/{kind}/{type}/{tier}"


@router.get(
    "/v1/assessment/backgrounds",
    summary="List backgrounds",
    response_model=PageOf[BackgroundRead],
    responses=problems(NotFound, FeatureOff),
)
def list_backgrounds(
    caller: Caller,
    session: ReadSession,
    page: Paging,
    key: Annotated[str | None, Query(max_length=100)] = None,
) -> Page[Background]:
    """Staff see what their organization wrote; learners, what they may choose."""
    return service.list_backgrounds(session, caller, page, key=key)


@router.post(
    "/v1/assessment/backgrounds",
    summary="Add a background",
    status_code=201,
    response_model=BackgroundRead,
    responses=problems(Conflict),
)
def create_background(body: BackgroundCreate, _caller: Staff, session: WriteSession) -> Background:
    """`key` is unique in the organization; the same again is a conflict."""
    return content.create(session, Background(**body.model_dump()))


@router.get(
    "/v1/assessment/backgrounds/{background_id}",
    summary="Read a background",
    response_model=BackgroundRead,
    responses=problems(NotFound, FeatureOff),
)
def read_background(background_id: UUID, caller: Caller, session: ReadSession) -> Background:
    """One background."""
    return service.get_background(session, caller, background_id)


@router.patch(
    "/v1/assessment/backgrounds/{background_id}",
    summary="Change a background",
    response_model=BackgroundRead,
    responses=problems(NotFound, StaleVersion),
)
def change_background(
    background_id: UUID, body: BackgroundPatch, _caller: Staff, session: WriteSession, if_match: IfMatch
) -> Background:
    """Attempts already made keep what they asked."""
    return content.change(session, content.get(session, Background, background_id), body, if_match=if_match)


@router.get(
    PROFILE, summary="Read a background's profile", response_model=ProfileRead, responses=problems(NotFound)
)
def read_profile(
    background_id: UUID, kind: Kind, type_: TypePath, tier: Tier, _caller: Staff, session: ReadSession
) -> BackgroundProfile:
    """What this background is asked, of this kind and type, at this tier."""
    return service.get_profile(session, background_id, kind=kind, type_=type_, tier=tier)


@router.put(
    PROFILE,
    summary="Write a background's profile",
    response_model=ProfileRead,
    responses=problems(NotFound, StaleVersion),
)
def put_profile(
    background_id: UUID,
    *,
    kind: Kind,
    type_: TypePath,
    tier: Tier,
    body: ProfileWrite,
    _caller: Staff,
    session: WriteSession,
    if_match: IfMatch,
) -> BackgroundProfile:
    """A background may have several types of project and of question (JR-33)."""
    return service.put_profile(
        session, background_id, body, kind=kind, type_=type_, tier=tier, if_match=if_match
    )


@router.post(
    f"{PROFILE}/previews",
    summary="Preview a background's profile",
    status_code=202,
    response_model=PreviewRead,
    responses=problems(NotFound, RateLimited),
)
def preview_profile(
    background_id: UUID,
    *,
    kind: Kind,
    type_: TypePath,
    tier: Tier,
    body: ProfileWrite,
    caller: Staff,
    session: WriteSession,
    response: Response,
) -> Preview:
    """A sample project, or sample questions, as if the profile were saved (JR-34, JR-40). Nothing changes."""
    from assessment.service import previews

    preview = previews.of_profile(session, caller, background_id, body, kind=kind, type_=type_, tier=tier)
    response.headers["Location"] = f"/v1/identity/operations/{preview.operation_id}"
    return preview


@router.get(
    f"{PROFILE}/previews/{{preview_id}}",
    summary="Read a profile's preview",
    response_model=PreviewRead,
    responses=problems(NotFound),
)
def read_profile_preview(
    background_id: UUID,
    *,
    kind: Kind,
    type_: TypePath,
    tier: Tier,
    preview_id: UUID,
    _caller: Staff,
    session: ReadSession,
) -> Preview:
    """The sample, with what was said to models and what to mend before saving; for a day."""
    from assessment.service import previews

    place = {"kind": kind, "type": type_, "tier": tier.value}
    return previews.read(session, "background_profile", background_id, preview_id, place=place)


handler = lambda_handler(router)

"""/v1/media/assets - what came in: its state, its bytes by short-lived links, its words."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Body, Query, Response

from lodestar.api import (
    MADE_ANEW,
    APIRouter,
    Caller,
    IfMatch,
    Paging,
    ReadSession,
    Staff,
    UnitOfWork,
    WriteSession,
    lambda_handler,
    problems,
)
from lodestar.pagination import Page, PageOf
from lodestar.problems import FeatureOff, StaleVersion
from media import errors
from media.models.assets import MediaAsset
from media.models.transcripts import Transcript
from media.schemas.assets import (
    AssetPatch,
    AssetRead,
    OperationAccepted,
    PlaybackUrlCreate,
    PlaybackUrlRead,
    ViewRead,
)
from media.schemas.transcripts import TranscriptPatch, TranscriptRead
from media.service import access, transcripts
from media.service import assets as service

router = APIRouter(tags=["media"])
CAPTIONS = "WEBVTT\n\n00:00:00.000 --> 00:00:02.400\nWelcome to the first lesson.\n"


@router.get("/v1/media/assets", summary="List assets", response_model=PageOf[AssetRead])
def list_assets(
    caller: Caller,
    session: ReadSession,
    page: Paging,
    *,
    owner_id: UUID | None = None,
    purpose: Annotated[str | None, Query(max_length=40)] = None,
    state: Literal["uploading", "processing", "ready", "rejected"] | None = None,
) -> Page[MediaAsset]:
    """Staff see their organization's files, everybody else their own; newest first."""
    return service.list_assets(session, page, caller=caller, owner_id=owner_id, purpose=purpose, state=state)


@router.get(
    "/v1/media/assets/{asset_id}",
    summary="Read an asset",
    response_model=AssetRead,
    responses=problems(FeatureOff, errors.ModuleLocked),
)
def read_asset(asset_id: UUID, caller: Caller, session: ReadSession) -> MediaAsset:
    """One's own file, staff's, or one that the caller's stars open."""
    return access.visible(session, caller=caller, asset_id=asset_id)


@router.patch(
    "/v1/media/assets/{asset_id}",
    summary="Change an asset",
    response_model=AssetRead,
    responses=problems(StaleVersion),
)
def change_asset(
    asset_id: UUID, body: AssetPatch, caller: Staff, session: WriteSession, if_match: IfMatch
) -> MediaAsset:
    """Title and language."""
    return service.change(session, caller=caller, asset_id=asset_id, body=body, if_match=if_match)


@router.delete(
    "/v1/media/assets/{asset_id}",
    status_code=204,
    summary="Delete an asset",
    responses=problems(StaleVersion),
)
def delete_asset(asset_id: UUID, caller: Staff, session: WriteSession, if_match: IfMatch) -> None:
    """Gone from every list at once; the bytes follow within 30 days (D-22)."""
    service.delete(session, caller=caller, asset_id=asset_id, if_match=if_match)


@router.post(
    "/v1/media/assets/{asset_id}/playback-urls",
    status_code=201,
    summary="Get a link to play an asset",
    response_model=PlaybackUrlRead,
    dependencies=[MADE_ANEW],
    responses=problems(FeatureOff, errors.ModuleLocked, errors.AssetNotReady),
)
def create_playback_url(
    asset_id: UUID,
    body: Annotated[PlaybackUrlCreate, Body(default_factory=PlaybackUrlCreate)],
    caller: Caller,
    work: UnitOfWork,
    response: Response,
) -> PlaybackUrlRead:
    """A link that lives at most 24 hours (X-05). Asking again signs again, and is logged as another click (SB-06). With
    `preview` staff are not counted among those who played it."""
    response.headers["Cache-Control"] = "no-store"
    with work.conclusion() as session:
        return service.playback_url(
            session, caller=caller, asset_id=asset_id, body=body, click_id=work.intent_id
        )


@router.post(
    "/v1/media/assets/{asset_id}/processings",
    status_code=202,
    summary="Process an asset again",
    response_model=OperationAccepted,
    responses=problems(errors.NothingToProcess),
)
def process_asset(
    asset_id: UUID, caller: Staff, session: WriteSession, response: Response
) -> OperationAccepted:
    """Probe and transcribe once more; answers an operation."""
    accepted = service.process(session, caller=caller, asset_id=asset_id)
    response.headers["Location"] = f"/v1/identity/operations/{accepted.operation_id}"
    return accepted


@router.post(
    "/v1/media/assets/{asset_id}/transcriptions",
    status_code=202,
    summary="Transcribe an asset again",
    response_model=OperationAccepted,
    responses=problems(errors.AssetNotReady, errors.TranscriptByPerson),
)
def transcribe_asset(
    asset_id: UUID, caller: Staff, session: WriteSession, response: Response
) -> OperationAccepted:
    """A person's transcript is never replaced; answers an operation."""
    accepted = service.transcribe(session, caller=caller, asset_id=asset_id)
    response.headers["Location"] = f"/v1/identity/operations/{accepted.operation_id}"
    return accepted


@router.get(
    "/v1/media/assets/{asset_id}/transcript",
    summary="Read what is said",
    response_model=TranscriptRead,
    responses=problems(FeatureOff, errors.ModuleLocked),
)
def read_transcript(asset_id: UUID, caller: Caller, session: ReadSession) -> Transcript:
    """For whoever may play the asset."""
    return transcripts.read(session, caller=caller, asset_id=asset_id)


@router.patch(
    "/v1/media/assets/{asset_id}/transcript",
    summary="Write what is said",
    response_model=TranscriptRead,
    responses=problems(StaleVersion),
)
def write_transcript(
    asset_id: UUID, body: TranscriptPatch, caller: Staff, session: WriteSession, if_match: IfMatch
) -> Transcript:
    """A person's words win over a model's, now and later."""
    return transcripts.write(session, caller=caller, asset_id=asset_id, body=body, if_match=if_match)


@router.get(
    "/v1/media/assets/{asset_id}/captions.vtt",
    summary="Read the captions",
    response_class=Response,
    responses={
        200: {"content": {"text/vtt": {"example": CAPTIONS}}},
        **problems(FeatureOff, errors.ModuleLocked),
    },
)
def read_captions(
    asset_id: UUID,
    caller: Caller,
    session: ReadSession,
    language: Annotated[str | None, Query(max_length=10)] = None,
) -> Response:
    """As a WebVTT file."""
    captions = transcripts.web_vtt(session, caller=caller, asset_id=asset_id, language=language)
    return Response(captions, media_type="text/vtt")


@router.get(
    "/v1/media/assets/{asset_id}/views",
    summary="See who played an asset",
    response_model=PageOf[ViewRead],
)
def list_views(
    asset_id: UUID, caller: Staff, session: ReadSession, page: Paging, *, completed: bool | None = None
) -> Page[ViewRead]:
    """The people of the caller's organization, and how far each is."""
    return service.views(session, page, caller=caller, asset_id=asset_id, completed=completed)


handler = lambda_handler(router)

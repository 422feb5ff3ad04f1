"""/v1/media/playback - what a learner has watched of an asset."""

from uuid import UUID

from lodestar.api import APIRouter, Caller, ReadSession, WriteSession, lambda_handler, problems
from lodestar.problems import FeatureOff
from media import errors
from media.schemas.playback import PlaybackRead, PlaybackReport
from media.service import playback as service

router = APIRouter(tags=["media"])


@router.get(
    "/v1/media/playback/{asset_id}",
    summary="Read how far I am",
    response_model=PlaybackRead,
    responses=problems(FeatureOff, errors.ModuleLocked, errors.AssetNotReady),
)
def read_playback(asset_id: UUID, caller: Caller, session: ReadSession) -> PlaybackRead:
    """Where playing goes on, and how much is covered."""
    return service.read(session, caller=caller, asset_id=asset_id)


@router.put(
    "/v1/media/playback/{asset_id}",
    summary="Report what was played",
    response_model=PlaybackRead,
    responses=problems(FeatureOff, errors.ModuleLocked, errors.AssetNotReady),
)
def report_playback(
    asset_id: UUID, body: PlaybackReport, caller: Caller, session: WriteSession
) -> PlaybackRead:
    """Report every few seconds. What counts is the union of what was played, at no more than twice the speed."""
    return service.report(session, caller=caller, asset_id=asset_id, body=body)


handler = lambda_handler(router)

"""Assets: what staff do with them, and who may read their bytes."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from lodestar import audit, clock, operations
from lodestar.adapters.storage import object_store
from lodestar.contracts.media import ProcessingRequested
from lodestar.db import expect_version
from lodestar.events import emit
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.principal import Principal
from lodestar.problems import Forbidden, NotFound
from media import errors
from media.models.assets import MediaAsset
from media.models.playback import PlaybackSegments
from media.repository import assets as repository
from media.repository import playback as playback_repository
from media.repository import transcripts as transcript_repository
from media.rules import coverage
from media.rules.filenames import saved_as
from media.rules.purposes import PURPOSES
from media.schemas.assets import AssetPatch, OperationAccepted, PlaybackUrlCreate, PlaybackUrlRead, ViewRead
from media.service import access

PROCESSING, TRANSCRIPTION = "media.processing", "media.transcription"
DELETED_AFTER = timedelta(days=7)
"""A deleted asset can be brought back for this long by hand; D-22 allows 30 days."""


def list_assets(
    session: Session,
    page: PageQuery,
    *,
    caller: Principal,
    owner_id: UUID | None,
    purpose: str | None,
    state: str | None,
) -> Page[MediaAsset]:
    """Staff see their organization's assets, everybody else their own."""
    query = repository.assets(org_id=caller.org_id, owner_id=owner_id, purpose=purpose, state=state)
    if not caller.is_staff:
        query = query.where(MediaAsset.owner_id == caller.user_id)
    return paginate(session, query, page, keys=(MediaAsset.id,))


def change(
    session: Session, *, caller: Principal, asset_id: UUID, body: AssetPatch, if_match: int | None
) -> MediaAsset:
    """Change the title or the language. Raises NotFound and StaleVersion."""
    asset = _own(session, caller, asset_id, if_match=if_match)
    for name in body.model_fields_set:
        value = getattr(body, name)
        if value is not None or name == "language":
            setattr(asset, name, value)
    session.flush()
    return asset


def delete(session: Session, *, caller: Principal, asset_id: UUID, if_match: int | None) -> None:
    """Hide the asset now; its bytes go after DELETED_AFTER."""
    asset = _own(session, caller, asset_id, if_match=if_match)
    asset.deleted_at, asset.deleted_by = clock.now(), caller.user_id
    asset.retain_until = clock.now() + DELETED_AFTER
    audit.record(
        session,
        "asset.deleted",
        subject_type="media_asset",
        subject_id=asset.id,
        before={"title": asset.title, "purpose": asset.purpose},
    )


def playback_url(
    session: Session, *, caller: Principal, asset_id: UUID, body: PlaybackUrlCreate, click_id: UUID
) -> PlaybackUrlRead:
    """A link to the bytes. From the first one on, the clock of the caller's playback runs (X-07), and each is a click
    (SB-06); a `preview` of staff is neither. Raises Forbidden."""
    if body.preview and not caller.is_staff:
        raise Forbidden("Only staff preview a recording; leave `preview` out to play it.")
    asset, now = access.playable(session, caller=caller, asset_id=asset_id), clock.now()
    if asset.duration_ms is not None and not body.preview:
        playback_repository.click(session, click_id, learner_id=caller.user_id, asset_id=asset_id)
        playback_repository.begin(
            session,
            learner_id=caller.user_id,
            asset_id=asset_id,
            duration_ms=asset.duration_ms,
            now=now,
            unspent_ms=coverage.GRACE_MS,
        )
    purpose = PURPOSES[asset.purpose]
    video = purpose.kind == "video"
    url = object_store().presign_get(
        asset.storage_key,
        expires_seconds=body.expires_seconds,
        content_type=asset.content_type,
        filename=None if video else saved_as(asset.filename, purpose.types[asset.content_type]),
    )
    expires_at = now + timedelta(seconds=body.expires_seconds)
    return PlaybackUrlRead(url=url, content_type=asset.content_type, expires_at=expires_at)


def process(session: Session, *, caller: Principal, asset_id: UUID) -> OperationAccepted:
    """Probe and transcribe once more. Raises NothingToProcess while the file has not arrived."""
    asset = _own(session, caller, asset_id)
    if asset.etag is None:
        raise errors.NothingToProcess()
    if asked_before := operations.open_one(session, PROCESSING, subject_id=asset_id):
        return OperationAccepted(operation_id=asked_before, asset_id=asset_id)
    asset.state, asset.problem_code, asset.problem_detail = "processing", None, None
    asset.claimed_by, asset.tries = None, 0
    return _accepted(session, asset, kind=PROCESSING)


def transcribe(session: Session, *, caller: Principal, asset_id: UUID) -> OperationAccepted:
    """Transcribe once more. Raises AssetNotReady and TranscriptByPerson."""
    asset = _own(session, caller, asset_id)
    if asset.state != "ready":
        raise errors.AssetNotReady("Transcription needs a recording that is ready.", state=asset.state)
    if asked_before := operations.open_one(session, TRANSCRIPTION, subject_id=asset_id):
        return OperationAccepted(operation_id=asked_before, asset_id=asset_id)
    if not transcript_repository.begin_anew(session, asset_id):
        raise errors.TranscriptByPerson()
    asset.claimed_by, asset.tries = None, 0
    return _accepted(session, asset, kind=TRANSCRIPTION)


def _accepted(session: Session, asset: MediaAsset, *, kind: str) -> OperationAccepted:
    session.flush()
    operation_id = operations.begin(session, kind, subject_type="media_asset", subject_id=asset.id)
    emit(session, ProcessingRequested(asset_id=asset.id))
    return OperationAccepted(operation_id=operation_id, asset_id=asset.id)


def views(
    session: Session, page: PageQuery, *, caller: Principal, asset_id: UUID, completed: bool | None
) -> Page[ViewRead]:
    """Who of the organization played the asset how far (JR-26)."""
    access.visible(session, caller=caller, asset_id=asset_id)
    query = playback_repository.views(asset_id, completed=completed)
    found = paginate(session, query, page, keys=(PlaybackSegments.id,))
    return Page([_view(*row) for row in found.data], found.page)


def _view(played: PlaybackSegments, completed_at: object, clicks: int) -> ViewRead:
    return ViewRead.model_validate(
        {
            "learner_id": played.learner_id,
            "covered_ms": played.covered_ms,
            "duration_ms": played.duration_ms,
            "percent": coverage.percent(covered_ms=played.covered_ms, duration_ms=played.duration_ms),
            "clicks": clicks,
            "first_played_at": played.created_at,
            "last_played_at": played.reported_at,
            "completed_at": completed_at,
        }
    )


def _own(session: Session, caller: Principal, asset_id: UUID, *, if_match: int | None = None) -> MediaAsset:
    asset = repository.own_asset(session, asset_id, org_id=caller.org_id)
    if asset is None:
        raise NotFound()
    expect_version(asset, if_match)
    return asset

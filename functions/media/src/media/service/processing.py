"""Processing an asset, step by step, as statemachines/process_media.asl.json calls it.

Each step runs under one execution's claim and may run twice. No step holds a transaction while it reads storage,
decodes, or waits for a model.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from lodestar import clock, operations
from lodestar.adapters.storage import ObjectNotFound, object_store
from lodestar.contracts.media import AssetReady, TranscriptReady
from lodestar.db import work_for
from lodestar.events import emit
from lodestar.problems import Problem
from media.errors import FileRejected
from media.models.assets import MediaAsset
from media.models.transcripts import Rendition, Transcript
from media.repository import assets as repository
from media.repository import transcripts as transcript_repository
from media.rules.probe import CONTENT_TYPES, HEAD_BYTES, Probe, check_document, check_video
from media.rules.purposes import PURPOSES
from media.service import probing
from media.service.uploads import reject

LEASE = timedelta(minutes=12)
"""Longer than any step may take: whoever held a claim for this long is dead."""
MOST_TRIES = 4
UNPROCESSABLE = "We could not process this file, although we tried several times. Please upload it again."
NO_SOUND = "The recording has no sound."
NO_MODEL = "No transcription service answered. Transcribe again later, or write the transcript yourself."

Verdict = Literal["accepted", "rejected"]
Need = Literal["nothing", "probe", "speech"]


class ClaimLost(Exception):
    """Another execution works on the asset now, or it was deleted: this one has nothing more to do."""


@contextmanager
def _held(org_id: UUID, asset_id: UUID, execution: str) -> Iterator[tuple[Session, MediaAsset]]:
    with work_for(org_id) as session:
        asset = repository.claimed(session, asset_id, execution=execution)
        if asset is None:
            raise ClaimLost(str(asset_id))
        asset.claimed_at = clock.now()
        yield session, asset


def claim(org_id: UUID, asset_id: UUID, *, execution: str) -> Need:
    """Take the asset for this execution, and say where to begin. After MOST_TRIES it is given up."""
    now = clock.now()
    with work_for(org_id) as session:
        asset = repository.claim(session, asset_id, execution=execution, now=now, lease_until=now - LEASE)
        if asset is None:
            return "nothing"
        if asset.tries > MOST_TRIES:
            _give_up(session, asset)
            return "nothing"
        return "probe" if asset.state == "processing" else "speech"


def probe(org_id: UUID, asset_id: UUID, *, execution: str) -> tuple[Verdict, bool]:
    """Look at the file; reject it, or keep what it is. Answers the verdict, and whether speech is wanted."""
    with _held(org_id, asset_id, execution) as (_, asset):
        purpose = PURPOSES[asset.purpose]
    try:
        found = _look(asset)
        if found is not None:
            check_video(found, purpose)
    except FileRejected as rejected:
        with _held(org_id, asset_id, execution) as (session, asset):
            reject(session, asset, code=rejected.code, detail=rejected.detail)
            _end_operations(session, asset, failed=rejected.detail)
        return "rejected", False
    with _held(org_id, asset_id, execution) as (session, asset):
        if found is not None:
            _keep(asset, found)
        transcript = transcript_repository.transcript_of(session, asset_id, for_update=True)
        wanted = purpose.transcribed and (transcript is None or transcript.source == "none")
        if wanted and transcript is None:
            session.add(Transcript(asset_id=asset_id))
        elif wanted and transcript is not None:
            transcript.state, transcript.problem_detail = "pending", None
        return "accepted", wanted


def _look(asset: MediaAsset) -> Probe | None:
    """What a video is; None for a document of the type it was announced as. Raises FileRejected."""
    if PURPOSES[asset.purpose].kind == "document":
        head = object_store().read_range(asset.storage_key, start=0, length=HEAD_BYTES)
        check_document(head, asset.content_type)
        return None
    with _downloaded(asset) as path:
        return probing.probe(path)


@contextmanager
def _downloaded(asset: MediaAsset) -> Iterator[Path]:
    """The file in a folder of its own, which is removed afterwards. Raises FileRejected when it was exchanged
    after it had been received, or is missing."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "original"
        try:
            stored = object_store().head(asset.storage_key)
            if stored.etag != asset.etag or stored.size > PURPOSES[asset.purpose].max_bytes:
                raise FileRejected(
                    "file_changed", "The file was replaced while it was being processed. Upload it again."
                )
            object_store().download(asset.storage_key, path)
        except ObjectNotFound as error:
            raise FileRejected("file_missing", "The file is gone from storage. Upload it again.") from error
        yield path


def _keep(asset: MediaAsset, found: Probe) -> None:
    asset.duration_ms, asset.width, asset.height = found.duration_ms, found.width, found.height
    asset.video_codec, asset.audio_codec = found.video_codec, found.audio_codec
    asset.content_type = CONTENT_TYPES[found.container]


def extract_sound(org_id: UUID, asset_id: UUID, *, execution: str) -> int:
    """Store the sound as pieces to transcribe; answers how many there are. Pieces already stored stay."""
    with _held(org_id, asset_id, execution) as (session, asset):
        stored = transcript_repository.pieces_of(session, asset_id)
    if stored:
        return len(stored)
    prefix = asset.storage_key.rpartition("/")[0]
    rows: list[Rendition] = []
    with _downloaded(asset) as path:
        for piece in probing.sound_pieces(path, path.parent):
            key = f"{prefix}/audio/{piece.position:03}.ogg"
            object_store().upload(key, piece.path, content_type="audio/ogg")
            rows.append(
                Rendition(
                    asset_id=asset_id, kind="audio", position=piece.position, storage_key=key,
                    content_type="audio/ogg", size_bytes=piece.path.stat().st_size,
                    starts_ms=piece.starts_ms, duration_ms=piece.duration_ms,
                )
            )  # fmt: skip
            piece.path.unlink()
    with _held(org_id, asset_id, execution) as (session, _):
        session.add_all(rows)
    return len(rows)


def finish(
    org_id: UUID, asset_id: UUID, *, execution: str, speech: Literal["ready", "failed", "none"]
) -> None:
    """The asset can be played; its transcript is put together from its pieces, or failed, or was not wanted."""
    with _held(org_id, asset_id, execution) as (session, asset):
        if speech != "none":
            _settle_transcript(session, asset, failed=speech == "failed")
        newly_ready = asset.state == "processing"
        asset.state, asset.ready_at = "ready", asset.ready_at or clock.now()
        asset.claimed_by, asset.tries = None, 0
        session.flush()
        if newly_ready:
            emit(
                session,
                AssetReady(
                    asset_id=asset.id, owner_id=asset.owner_id, purpose=asset.purpose, duration_ms=asset.duration_ms
                ),
            )  # fmt: skip
        _end_operations(session, asset, failed=NO_MODEL if speech == "failed" else None)


def _settle_transcript(session: Session, asset: MediaAsset, *, failed: bool) -> None:
    transcript = transcript_repository.transcript_of(session, asset.id, for_update=True)
    if transcript is None or transcript.source == "person":
        return
    pieces = transcript_repository.pieces_of(session, asset.id)
    heard = [piece.speech for piece in pieces if piece.speech is not None]
    if failed or not pieces or len(heard) < len(pieces):
        transcript.state = "failed"
        transcript.problem_detail = NO_MODEL if pieces or failed else NO_SOUND
        return
    transcript.state, transcript.source = "ready", "model"
    transcript.text = " ".join(speech["text"] for speech in heard if speech["text"])
    transcript.model, transcript.problem_detail = heard[0]["model"], None
    transcript.language = heard[0]["language"] or asset.language
    cues: list[dict[str, Any]] = [cue for speech in heard for cue in speech["cues"]]
    if cues:
        transcript_repository.set_captions(session, asset.id, language=transcript.language or "en", cues=cues)
    emit(session, TranscriptReady(asset_id=asset.id))


def fail(org_id: UUID, asset_id: UUID, *, execution: str) -> bool:
    """A step failed for good: free the asset, so that reconcile starts it again. True when it is given up."""
    with work_for(org_id) as session:
        asset = repository.claimed(session, asset_id, execution=execution)
        if asset is None:
            return False
        if asset.tries >= MOST_TRIES:
            _give_up(session, asset)
            return True
        asset.claimed_by = None
        return False


def _give_up(session: Session, asset: MediaAsset) -> None:
    if asset.state == "processing":
        reject(session, asset, code="processing_failed", detail=UNPROCESSABLE)
    else:
        _settle_transcript(session, asset, failed=True)
        asset.claimed_by = None
    _end_operations(session, asset, failed=UNPROCESSABLE)


def _end_operations(session: Session, asset: MediaAsset, *, failed: str | None) -> None:
    for operation_id in repository.open_operations(session, asset.id):
        if failed is None:
            operations.succeed(session, operation_id, result={"asset_id": str(asset.id)})
        else:
            operations.fail(session, operation_id, problem=ProcessingFailed(failed).document(""))


class ProcessingFailed(Problem):
    """What an operation says when the file could not be processed."""

    status = 422
    code = "processing_failed"
    title = "The file could not be processed"

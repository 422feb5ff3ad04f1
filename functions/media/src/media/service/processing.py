"""Processing an asset as statemachines/process_media.asl.json does it: the claim it runs under, and how it ends.

Each step runs under one execution's claim and may run twice. No step holds a transaction while it reads storage,
decodes, or waits for a model.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from lodestar import clock, operations
from lodestar.contracts.media import AssetReady, TranscriptReady
from lodestar.db import work_for
from lodestar.events import emit
from lodestar.log import correlation_id
from media.errors import ProcessingFailed
from media.models.assets import MediaAsset
from media.repository import assets as repository
from media.repository import transcripts as transcript_repository
from media.service.uploads import reject

LEASE = timedelta(minutes=12)
"""Longer than any step may take: whoever held a claim for this long is dead."""
MOST_TRIES = 4
UNPROCESSABLE = "We could not process this file, although we tried several times. Please upload it again."
NO_SOUND = "The recording has no sound."
NO_MODEL = "No transcription service answered. Transcribe again later, or write the transcript yourself."

Need = Literal["nothing", "probe", "speech"]
PROGRESS = {"probe": (10, "We are looking at the file."), "speech": (50, "We are writing down what is said.")}
"""What whoever asked for the processing is told when it begins there: percent, and words."""


class ClaimLost(Exception):
    """Another execution works on the asset now, or it was deleted: this one has nothing more to do."""


@contextmanager
def held(org_id: UUID, asset_id: UUID, execution: str) -> Iterator[tuple[Session, MediaAsset]]:
    """A transaction on the claimed asset, which also renews the claim. Raises ClaimLost."""
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
        need: Need = "probe" if asset.state == "processing" else "speech"
        percent, message = PROGRESS[need]
        for operation_id in repository.open_operations(session, asset.id):
            operations.advance(session, operation_id, percent=percent, message=message)
        return need


def finish(
    org_id: UUID, asset_id: UUID, *, execution: str, speech: Literal["ready", "failed", "none"]
) -> None:
    """The asset can be played; its transcript is put together from its pieces, or failed, or was not wanted."""
    with held(org_id, asset_id, execution) as (session, asset):
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
        end_operations(session, asset, failed=NO_MODEL if speech == "failed" else None)


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
    end_operations(session, asset, failed=UNPROCESSABLE)


def end_operations(session: Session, asset: MediaAsset, *, failed: str | None) -> None:
    """Tell whoever asked for the processing how it ended; `failed` says why it did not."""
    for operation_id in repository.open_operations(session, asset.id):
        if failed is None:
            operations.succeed(session, operation_id, result={"asset_id": str(asset.id)})
        else:
            operations.fail(
                session, operation_id, problem=ProcessingFailed(failed).document(correlation_id())
            )

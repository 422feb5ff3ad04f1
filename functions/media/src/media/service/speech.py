"""Transcribing the pieces of an asset's sound through the chain of speech models."""

from typing import Any
from uuid import UUID

from lodestar import ai_runs
from lodestar.adapters import speech
from lodestar.adapters.storage import object_store
from lodestar.db import work_for
from media.models.transcripts import Rendition
from media.repository import assets as repository
from media.repository import transcripts as transcript_repository
from media.service.processing import ClaimLost


def transcribe(org_id: UUID, asset_id: UUID, *, execution: str) -> int:
    """Transcribe every piece that has no text yet; answers how many there were.

    Each piece is kept as it comes, so that a second run goes on where the first one stopped. Raises
    AllModelsFailed, CapabilityNotConfigured and ClaimLost.
    """
    with work_for(org_id) as session:
        asset = repository.claimed(session, asset_id, execution=execution)
        if asset is None:
            raise ClaimLost(str(asset_id))
        language = asset.language[:2] if asset.language else None
        waiting = [p for p in transcript_repository.pieces_of(session, asset_id) if p.speech is None]
    for piece in waiting:
        said = _hear(org_id, piece, language=language)
        with work_for(org_id) as session:
            session.merge(piece, load=False).speech = said
    return len(waiting)


def _hear(org_id: UUID, piece: Rendition, *, language: str | None) -> dict[str, Any]:
    data = object_store().read(piece.storage_key, max_bytes=speech.LARGEST_AUDIO_BYTES)
    audio = speech.Audio(data=data, content_type=piece.content_type, filename=f"{piece.position:03}.ogg")

    def keep(run: Any) -> None:
        with work_for(org_id) as session:
            ai_runs.record(
                session, subject_type="media_asset", subject_id=piece.asset_id, purpose=run.purpose.value,
                model=run.model, source=run.source, prompt_version=run.prompt_version,
                input_tokens=run.input_tokens, output_tokens=run.output_tokens, latency_ms=run.latency_ms,
                cost_usd_micros=run.cost_usd_micros, outcome=run.outcome, error=run.reason,
            )  # fmt: skip

    heard = speech.transcribe(audio, on_run=keep, language=language)
    cues = [
        {
            "start_ms": piece.starts_ms + segment.start_ms,
            "end_ms": piece.starts_ms + max(segment.end_ms, segment.start_ms + 1),
            "text": segment.text,
        }
        for segment in heard.segments
    ]
    return {"text": heard.text, "language": heard.language or language, "model": heard.model, "cues": cues}

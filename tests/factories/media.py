"""Rows of the media domain, as tests need them: assets in any state, transcripts, what was played."""

from typing import Any
from uuid import UUID

from lodestar.clock import now
from lodestar.contracts.media import PlaybackCompleted
from lodestar.db import work_for
from lodestar.events import emit
from lodestar.ids import new_id
from media.models.assets import MediaAsset
from media.models.playback import PlaybackCompletion, PlaybackSegments
from media.models.transcripts import Transcript
from media.rules.purposes import PURPOSES


def an_asset(
    org_id: UUID, owner_id: UUID, *, purpose: str = "lesson_video", duration_ms: int = 60_000, **fields: Any
) -> UUID:
    """An asset that was probed and can be played, of a type that its purpose takes; `fields` are columns and win."""
    asset_id = new_id()
    content_type, ending = next(iter(PURPOSES[purpose].types.items()))
    usual: dict[str, Any] = {
        "id": asset_id,
        "owner_id": owner_id,
        "purpose": purpose,
        "state": "ready",
        "title": "A recording",
        "filename": f"recording.{ending}",
        "content_type": content_type,
        "storage_key": f"{org_id}/{purpose}/{asset_id}/original.{ending}",
        "size_bytes": 100_000,
        "duration_ms": duration_ms,
        "ready_at": now(),
    }
    with work_for(org_id) as session:
        session.add(MediaAsset(**usual | fields))
    return asset_id


def a_transcript(
    org_id: UUID, asset_id: UUID, words: str, *, source: str = "person", state: str = "ready"
) -> None:
    """The asset's transcript; one by a model is named as the offline model's."""
    model = "offline-whisper-1" if source == "model" else None
    with work_for(org_id) as session:
        session.add(
            Transcript(asset_id=asset_id, state=state, text=words, language="en", source=source, model=model)
        )


def played(
    org_id: UUID, learner_id: UUID, asset_id: UUID, *, percent: float = 100, duration_ms: int = 60_000
) -> None:
    """The learner played the first `percent` of an asset of `duration_ms`; at 95 it is complete, and told so."""
    covered = round(duration_ms * percent / 100)
    with work_for(org_id) as session:
        session.add(
            PlaybackSegments(
                asset_id=asset_id,
                learner_id=learner_id,
                segments=[[0, covered]] if covered else [],
                duration_ms=duration_ms,
                position_ms=covered,
                unspent_ms=0,
                reported_at=now(),
            )
        )
        session.flush()
        if percent >= 95:
            completion = {"asset_id": asset_id, "learner_id": learner_id}
            session.add(PlaybackCompletion(**completion, covered_ms=covered, duration_ms=duration_ms))
            emit(session, PlaybackCompleted(**completion))

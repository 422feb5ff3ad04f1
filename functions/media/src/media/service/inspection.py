"""The steps of processing that read the file itself: what it is, and its sound in pieces."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal
from uuid import UUID

from lodestar.adapters.storage import ObjectNotFound, object_store
from media.models.assets import MediaAsset
from media.models.transcripts import Rendition, Transcript
from media.repository import transcripts as transcript_repository
from media.rules.probe import CONTENT_TYPES, LONGEST_MS, FileRejected, Probe, check_video
from media.rules.purposes import PURPOSES
from media.service import documents, probing
from media.service.processing import end_operations, held
from media.service.uploads import reject

POSTER_AT = 10
"""The part of a video before which its poster is taken: titles begin dark."""
Verdict = Literal["accepted", "rejected"]


def probe(org_id: UUID, asset_id: UUID, *, execution: str) -> tuple[Verdict, bool]:
    """Look at the file; reject it, or keep what it is. Answers the verdict, and whether speech is wanted."""
    with held(org_id, asset_id, execution) as (_, asset):
        purpose = PURPOSES[asset.purpose]
    try:
        found, poster_key = _look(asset)
    except FileRejected as rejected:
        with held(org_id, asset_id, execution) as (session, asset):
            reject(session, asset, code=rejected.code, detail=rejected.detail)
            end_operations(session, asset, failed=rejected.detail)
        return "rejected", False
    with held(org_id, asset_id, execution) as (session, asset):
        if found is not None:
            _keep(asset, found)
            asset.poster_key = poster_key
        transcript = transcript_repository.transcript_of(session, asset_id, for_update=True)
        wanted = purpose.transcribed and (transcript is None or transcript.source == "none")
        if wanted and transcript is None:
            session.add(Transcript(asset_id=asset_id))
        elif wanted and transcript is not None:
            transcript.state, transcript.problem_detail = "pending", None
        return "accepted", wanted


def _look(asset: MediaAsset) -> tuple[Probe | None, str | None]:
    """What a video is, and the key of its poster; neither for a document of the type it was announced as. Raises
    FileRejected."""
    purpose = PURPOSES[asset.purpose]
    with _downloaded(asset) as path:
        if purpose.kind == "document":
            documents.check(path, asset.content_type)
            return None, None
        found = probing.probe(path)
        check_video(found, purpose)
        return found, _store_poster(asset, path, at_ms=found.duration_ms // POSTER_AT)


def _store_poster(asset: MediaAsset, path: Path, *, at_ms: int) -> str | None:
    """Beside the file, whose folder goes as a whole. An interview shows a person, and gets none."""
    picture = probing.poster(path, at_ms=at_ms) if asset.taught else None
    if picture is None:
        return None
    key = f"{asset.storage_key.rpartition('/')[0]}/poster.jpg"
    object_store().upload(key, picture, content_type="image/jpeg")
    return key


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
    with held(org_id, asset_id, execution) as (session, asset):
        stored = transcript_repository.pieces_of(session, asset_id)
        most_ms = asset.duration_ms or LONGEST_MS
    if stored:
        return len(stored)
    prefix = asset.storage_key.rpartition("/")[0]
    rows: list[Rendition] = []
    with _downloaded(asset) as path:
        for piece in probing.sound_pieces(path, path.parent, most_ms=most_ms):
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
    with held(org_id, asset_id, execution) as (session, _):
        session.add_all(rows)
    return len(rows)

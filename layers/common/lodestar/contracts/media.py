"""What media tells: uploads, assets, transcripts, and what was played."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from lodestar.events import Event


class UploadReceived(Event):
    """The bytes of an upload are in storage; processing (probe, transcript) starts."""

    name: ClassVar[str] = "media.upload_received"
    upload_id: UUID
    asset_id: UUID


class ProcessingRequested(Event):
    """Someone asked to process an asset once more, or reconcile found it unfinished."""

    name: ClassVar[str] = "media.processing_requested"
    asset_id: UUID


class AssetReady(Event):
    """The asset was probed and can be played. `duration_ms` is None for what has no duration."""

    name: ClassVar[str] = "media.asset_ready"
    asset_id: UUID
    owner_id: UUID
    purpose: str
    duration_ms: int | None


class AssetRejected(Event):
    """The file is not what it claimed, or breaks a limit. `code` is a problem's code."""

    name: ClassVar[str] = "media.asset_rejected"
    asset_id: UUID
    owner_id: UUID
    purpose: str
    code: str
    detail: str


class TranscriptReady(Event):
    """The asset's speech is text now."""

    name: ClassVar[str] = "media.transcript_ready"
    asset_id: UUID


class PlaybackCompleted(Event):
    """A learner's played segments cover 95 % of the asset (JR-30)."""

    name: ClassVar[str] = "media.playback_completed"
    asset_id: UUID
    learner_id: UUID


@dataclass(frozen=True, slots=True)
class Asset:
    """A file. `state` is `uploading`, `processing`, `ready` or `rejected`; `problem_code` says why it was.

    `is_own`: it came in through the reader's organization, which is not only taught with it.
    """

    asset_id: UUID
    owner_id: UUID
    purpose: str
    state: str
    content_type: str
    size_bytes: int | None
    duration_ms: int | None
    storage_key: str
    problem_code: str | None
    problem_detail: str | None
    is_own: bool


@dataclass(frozen=True, slots=True)
class Video:
    """How a video stands, for who keeps a library. `captions` is a transcript's state; None before one is made."""

    asset_id: UUID
    state: str
    size_bytes: int | None
    duration_ms: int | None
    problem_code: str | None
    problem_detail: str | None
    captions: str | None


@dataclass(frozen=True, slots=True)
class Transcript:
    """The asset's speech. `state` is `pending`, `ready` or `failed`; `source` is `model`, `person`, or `none`."""

    asset_id: UUID
    state: str
    text: str
    language: str | None
    source: str
    model: str | None


@dataclass(frozen=True, slots=True)
class Playback:
    """How far a learner has played an asset."""

    asset_id: UUID
    position_ms: int
    covered_ms: int
    duration_ms: int
    completed_at: datetime | None


def asset(session: Session, asset_id: UUID) -> Asset | None:
    """The asset, when the reader's organization owns it or is taught with it."""
    query = """
        SELECT asset_id, owner_id, purpose, state, content_type, size_bytes, duration_ms, storage_key,
               problem_code, problem_detail, is_own
        FROM media.v_assets WHERE asset_id = :id
    """
    row = session.execute(text(query), {"id": asset_id}).first()
    return Asset(*row) if row else None


def videos(session: Session, asset_ids: Sequence[UUID]) -> dict[UUID, Video]:
    """Those of these assets that the reader's organization owns or is taught with."""
    query = """
        SELECT a.asset_id, a.state, a.size_bytes, a.duration_ms, a.problem_code, a.problem_detail, t.state AS captions
        FROM media.v_assets AS a LEFT JOIN media.v_transcripts AS t ON t.asset_id = a.asset_id
        WHERE a.asset_id = ANY (:ids)
    """
    return {row.asset_id: Video(*row) for row in session.execute(text(query), {"ids": list(asset_ids)})}


def transcript(session: Session, asset_id: UUID) -> Transcript | None:
    """The asset's transcript, in whatever state."""
    query = (
        "SELECT asset_id, state, text, language, source, model FROM media.v_transcripts WHERE asset_id = :id"
    )
    row = session.execute(text(query), {"id": asset_id}).first()
    return Transcript(*row) if row else None


def playbacks(session: Session, *, learner_id: UUID, asset_ids: list[UUID]) -> dict[UUID, Playback]:
    """How far the learner is with each of these assets; those never played are left out."""
    query = """
        SELECT asset_id, position_ms, covered_ms, duration_ms, completed_at FROM media.v_playbacks
        WHERE learner_id = :learner AND asset_id = ANY (:assets)
    """
    rows = session.execute(text(query), {"learner": learner_id, "assets": asset_ids})
    return {row.asset_id: Playback(*row) for row in rows}

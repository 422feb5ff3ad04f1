"""Playback: what a learner has watched, credited by the clock and complete at 95 % (JR-29, JR-30, X-07)."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from lodestar import clock
from lodestar.contracts.media import PlaybackCompleted
from lodestar.events import emit
from lodestar.principal import Principal
from lodestar.problems import InvalidContent
from media.models.assets import MediaAsset
from media.models.playback import PlaybackSegments
from media.repository import playback as repository
from media.rules import coverage
from media.schemas.playback import PlaybackRead, PlaybackReport
from media.service import access


def read(session: Session, *, caller: Principal, asset_id: UUID) -> PlaybackRead:
    """How far the caller is, and where playing goes on."""
    asset, duration_ms = _timed(session, caller=caller, asset_id=asset_id)
    played, completed_at = repository.playback_of(session, learner_id=caller.user_id, asset_id=asset_id)
    return _answer(
        asset.id,
        duration_ms=duration_ms,
        position_ms=played.position_ms if played else 0,
        segments=coverage.clipped(played.segments, duration_ms) if played else (),
        completed_at=completed_at,
    )


def report(session: Session, *, caller: Principal, asset_id: UUID, body: PlaybackReport) -> PlaybackRead:
    """Credit what was newly played, as far as the clock allows; complete at 95 %, once.

    Reports of two tabs come one after the other and share one clock.
    """
    asset, duration_ms = _timed(session, caller=caller, asset_id=asset_id)
    now, learner_id = clock.now(), caller.user_id
    played, completed_at = _clocked(session, learner_id, asset_id, duration_ms=duration_ms, now=now)
    earned = coverage.credit(
        played.segments,
        [(segment.from_ms, segment.to_ms) for segment in body.segments],
        duration_ms=duration_ms,
        unspent_ms=played.unspent_ms,
        elapsed_ms=(now - played.reported_at) // timedelta(milliseconds=1),
    )
    played.segments = [list(segment) for segment in earned.segments]
    played.duration_ms, played.unspent_ms = duration_ms, earned.unspent_ms
    played.position_ms = min(body.position_ms, duration_ms)
    played.reported_at = max(now, played.reported_at)
    session.flush()
    covered_ms = coverage.length(earned.segments)
    if completed_at is None and coverage.is_complete(covered_ms=covered_ms, duration_ms=duration_ms):
        completed_at = _complete(
            session, learner_id, asset_id, covered_ms=covered_ms, duration_ms=duration_ms
        )
    return _answer(
        asset.id,
        duration_ms=duration_ms,
        position_ms=played.position_ms,
        segments=earned.segments,
        completed_at=completed_at,
        earned=earned,
    )


def _clocked(
    session: Session, learner_id: UUID, asset_id: UUID, *, duration_ms: int, now: datetime
) -> tuple[PlaybackSegments, datetime | None]:
    """The locked playback, whose clock runs from the first report on, and when it was complete."""
    played, completed_at = repository.playback_of(
        session, learner_id=learner_id, asset_id=asset_id, lock=True
    )
    if played is None:
        repository.begin(
            session, learner_id=learner_id, asset_id=asset_id, duration_ms=duration_ms, now=now,
            unspent_ms=coverage.GRACE_MS,
        )  # fmt: skip
        return repository.locked(session, learner_id=learner_id, asset_id=asset_id), None
    return played, completed_at


def _complete(
    session: Session, learner_id: UUID, asset_id: UUID, *, covered_ms: int, duration_ms: int
) -> datetime | None:
    completed_at = repository.complete(
        session, learner_id=learner_id, asset_id=asset_id, covered_ms=covered_ms, duration_ms=duration_ms
    )
    if completed_at is not None:
        emit(session, PlaybackCompleted(asset_id=asset_id, learner_id=learner_id))
        return completed_at
    return repository.playback_of(session, learner_id=learner_id, asset_id=asset_id)[1]


def _timed(session: Session, *, caller: Principal, asset_id: UUID) -> tuple[MediaAsset, int]:
    asset = access.playable(session, caller=caller, asset_id=asset_id)
    if asset.duration_ms is None:
        raise InvalidContent("This file is not a recording; there is nothing to play.")
    return asset, asset.duration_ms


def _answer(
    asset_id: UUID,
    *,
    duration_ms: int,
    position_ms: int,
    segments: tuple[coverage.Segment, ...],
    completed_at: datetime | None,
    earned: coverage.Credit | None = None,
) -> PlaybackRead:
    covered_ms = coverage.length(segments)
    percent = coverage.percent(covered_ms=covered_ms, duration_ms=duration_ms)
    refused = bool(earned and earned.refused_ms)
    return PlaybackRead(
        asset_id=asset_id,
        position_ms=position_ms,
        covered_ms=covered_ms,
        duration_ms=duration_ms,
        percent=percent,
        needed_percent=coverage.NEEDED_PERCENT,
        completed=completed_at is not None,
        completed_at=completed_at,
        segments=list(segments),
        credited_ms=earned.credited_ms if earned else 0,
        reason="faster_than_allowed" if refused else None,
        text=_words(percent, completed=completed_at is not None, refused=refused),
    )


def _words(percent: float, *, completed: bool, refused: bool) -> str:
    if completed:
        return "You have completed this recording."
    words = f"You have watched {percent:g} %. At {coverage.NEEDED_PERCENT} % this recording is complete."
    if refused:
        words += f" Time played at more than {coverage.MAX_SPEED} times the speed does not count."
    return words

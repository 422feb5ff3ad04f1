"""Queries on what was played."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lodestar.ids import new_id
from media.models.playback import PlaybackClick, PlaybackCompletion, PlaybackSegments


def playback_of(
    session: Session, *, learner_id: UUID, asset_id: UUID, lock: bool = False
) -> tuple[PlaybackSegments | None, datetime | None]:
    """What the learner played of the asset, and when it was complete.

    With `lock`, two tabs report one after the other; what the first completed meanwhile, the second may not see.
    """
    query = (
        select(PlaybackSegments, PlaybackCompletion.created_at)
        .outerjoin(
            PlaybackCompletion,
            (PlaybackCompletion.org_id == PlaybackSegments.org_id)
            & (PlaybackCompletion.asset_id == PlaybackSegments.asset_id)
            & (PlaybackCompletion.learner_id == PlaybackSegments.learner_id),
        )
        .where(PlaybackSegments.learner_id == learner_id, PlaybackSegments.asset_id == asset_id)
    )
    row = session.execute(query.with_for_update(of=PlaybackSegments) if lock else query).first()
    return (row[0], row[1]) if row else (None, None)


def begin(
    session: Session, *, learner_id: UUID, asset_id: UUID, duration_ms: int, now: datetime, unspent_ms: int
) -> None:
    """From now on the clock runs for this learner and asset; once it runs, this changes nothing."""
    values = {
        "id": new_id(),
        "asset_id": asset_id,
        "learner_id": learner_id,
        "segments": [],
        "duration_ms": duration_ms,
        "position_ms": 0,
        "unspent_ms": unspent_ms,
        "reported_at": now,
    }
    session.execute(
        insert(PlaybackSegments)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["org_id", "asset_id", "learner_id"])
    )


def click(session: Session, click_id: UUID, *, learner_id: UUID, asset_id: UUID) -> None:
    """Note that the learner asked to play the asset; once a request."""
    statement = insert(PlaybackClick).values(id=click_id, learner_id=learner_id, asset_id=asset_id)
    session.execute(statement.on_conflict_do_nothing(index_elements=["id"]))


def locked(session: Session, *, learner_id: UUID, asset_id: UUID) -> PlaybackSegments:
    """The row of the learner's playback, which has begun, locked."""
    query = select(PlaybackSegments).where(
        PlaybackSegments.learner_id == learner_id, PlaybackSegments.asset_id == asset_id
    )
    return session.scalars(query.with_for_update()).one()


def complete(
    session: Session, *, learner_id: UUID, asset_id: UUID, covered_ms: int, duration_ms: int
) -> datetime | None:
    """Record the completion; its moment, or None when it stood already."""
    values = {
        "id": new_id(),
        "asset_id": asset_id,
        "learner_id": learner_id,
        "covered_ms": covered_ms,
        "duration_ms": duration_ms,
    }
    statement = (
        insert(PlaybackCompletion)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["org_id", "asset_id", "learner_id"])
        .returning(PlaybackCompletion.created_at)
    )
    return session.scalar(statement)


def views(asset_id: UUID, *, completed: bool | None) -> Select[PlaybackSegments, datetime, int]:
    """Who played the asset how far, and how often they asked for it, of the reader's organization.

    The completion is looked up row by row: joined, PostgreSQL would read all of the asset's for one page.
    """
    found = select(PlaybackCompletion.created_at).where(
        PlaybackCompletion.org_id == PlaybackSegments.org_id,
        PlaybackCompletion.asset_id == PlaybackSegments.asset_id,
        PlaybackCompletion.learner_id == PlaybackSegments.learner_id,
    )
    completed_at = found.scalar_subquery()
    clicks = (
        select(func.count())
        .where(
            PlaybackClick.org_id == PlaybackSegments.org_id,
            PlaybackClick.asset_id == PlaybackSegments.asset_id,
            PlaybackClick.learner_id == PlaybackSegments.learner_id,
        )
        .scalar_subquery()
    )
    query = select(PlaybackSegments, completed_at, clicks).where(PlaybackSegments.asset_id == asset_id)
    if completed is None:
        return query
    return query.where(completed_at.is_not(None) if completed else ~found.exists())

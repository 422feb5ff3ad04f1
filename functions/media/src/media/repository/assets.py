"""Queries on assets and uploads."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, text, update
from sqlalchemy.orm import Session

from lodestar.tables import operations
from media.models.assets import MediaAsset, Upload
from media.models.transcripts import Transcript

ALIVE = MediaAsset.deleted_at.is_(None)


def asset_of(session: Session, asset_id: UUID, *, for_update: bool = False) -> MediaAsset | None:
    """The asset, when the reader's organization owns it or is taught with it."""
    query = select(MediaAsset).where(MediaAsset.id == asset_id, ALIVE)
    return session.scalar(query.with_for_update() if for_update else query)


def own_asset(session: Session, asset_id: UUID, *, org_id: UUID) -> MediaAsset | None:
    """The organization's own asset, locked for a change."""
    query = select(MediaAsset).where(MediaAsset.id == asset_id, MediaAsset.org_id == org_id, ALIVE)
    return session.scalar(query.with_for_update())


def assets(*, org_id: UUID, owner_id: UUID | None, purpose: str | None, state: str | None) -> Select[Any]:
    """The organization's assets, filtered."""
    conditions: list[ColumnElement[bool]] = [MediaAsset.org_id == org_id, ALIVE]
    for column, value in (
        (MediaAsset.owner_id, owner_id),
        (MediaAsset.purpose, purpose),
        (MediaAsset.state, state),
    ):
        if value is not None:
            conditions.append(column == value)
    return select(MediaAsset).where(*conditions)


def upload_of(
    session: Session, upload_id: UUID, *, owner_id: UUID, for_update: bool = False
) -> tuple[Upload, MediaAsset] | None:
    """The caller's own upload, with its asset."""
    query = (
        select(Upload, MediaAsset)
        .join(MediaAsset, MediaAsset.id == Upload.asset_id)
        .where(Upload.id == upload_id, Upload.owner_id == owner_id)
    )
    row = session.execute(query.with_for_update() if for_update else query).first()
    return (row[0], row[1]) if row else None


def upload_by_key(session: Session, key: str) -> tuple[Upload, MediaAsset] | None:
    """The upload that a stored object belongs to, locked, so that events told twice come one after the other."""
    query = (
        select(Upload, MediaAsset)
        .join(MediaAsset, MediaAsset.id == Upload.asset_id)
        .where(Upload.storage_key == key)
        .with_for_update()
    )
    row = session.execute(query).first()
    return (row[0], row[1]) if row else None


def upload_by_id(session: Session, upload_id: UUID) -> Upload | None:
    """An upload of the organization the session runs for."""
    return session.get(Upload, upload_id)


def claim(
    session: Session, asset_id: UUID, *, execution: str, now: datetime, lease_until: datetime
) -> MediaAsset | None:
    """Give the asset to one execution; None when there is nothing to do or another one works on it.

    A claim older than `lease_until` is that of an execution that died.
    """
    speech_pending = exists().where(
        Transcript.org_id == MediaAsset.org_id,
        Transcript.asset_id == MediaAsset.id,
        Transcript.state == "pending",
    )
    unfinished = or_(MediaAsset.state == "processing", and_(MediaAsset.state == "ready", speech_pending))
    free = or_(
        MediaAsset.claimed_by.is_(None),
        MediaAsset.claimed_by == execution,
        MediaAsset.claimed_at < lease_until,
    )
    tries = MediaAsset.tries + (MediaAsset.claimed_by.is_distinct_from(execution)).cast(MediaAsset.tries.type)
    statement = (
        update(MediaAsset)
        .where(MediaAsset.id == asset_id, ALIVE, unfinished, free)
        .values(claimed_by=execution, claimed_at=now, tries=tries, version=MediaAsset.version + 1)
        .returning(MediaAsset)
        .execution_options(synchronize_session=False)
    )
    return session.scalar(statement)


def claimed(session: Session, asset_id: UUID, *, execution: str) -> MediaAsset | None:
    """The asset, locked, while this execution holds it."""
    query = select(MediaAsset).where(MediaAsset.id == asset_id, MediaAsset.claimed_by == execution, ALIVE)
    return session.scalar(query.with_for_update())


def open_operations(session: Session, asset_id: UUID) -> list[UUID]:
    """The operations that wait for the asset's processing."""
    query = select(operations.c.id).where(
        operations.c.subject_type == "media_asset",
        operations.c.subject_id == asset_id,
        operations.c.status.in_(("pending", "running")),
    )
    return [row[0] for row in session.execute(query)]


def across_tenants(session: Session, function: Any) -> list[tuple[UUID, UUID]]:
    """What a crossing function lists as due: organization and id."""
    return [(row[0], row[1]) for row in session.execute(select("*").select_from(function))]


def move_end(session: Session, *, days: int, most: int) -> int:
    """Let interview recordings end `days` after their upload; those that do, to the day, stay as they are."""
    query = text(
        """
        UPDATE media.media_assets SET retain_until = created_at + make_interval(days => :days), version = version + 1
        WHERE id IN (
          SELECT id FROM media.media_assets
          WHERE org_id = backbone.current_org() AND purpose = 'interview_video' AND deleted_at IS NULL
            AND abs(extract(epoch FROM retain_until - created_at) - :days * 86400) > 86400
          ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
        ) RETURNING 1
        """
    )
    return len(session.execute(query, {"days": days, "most": most}).all())

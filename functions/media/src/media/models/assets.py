"""A file, its upload, and the consent under which it was recorded."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Computed
from sqlalchemy.orm import Mapped, mapped_column

from lodestar.adapters.storage import object_store
from lodestar.db import Base, TenantRow, VersionedRow, tenant_key

POSTER_SECONDS = 3600


class MediaAsset(VersionedRow, Base):
    """A file. `duration_ms` and what follows it come from the probe, never from a client (X-07).

    `taught` assets may be read by organizations that are taught with them. `claimed_by` names the execution of the
    state machine that works on it; `retain_until` is when its bytes are deleted (D-22).
    """

    __tablename__ = "media_assets"
    __table_args__ = ({"schema": "media"},)

    owner_id: Mapped[UUID]
    purpose: Mapped[str]
    taught: Mapped[bool] = mapped_column(Computed("purpose <> 'interview_video'"))
    subject_type: Mapped[str | None]
    subject_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(default="uploading")
    title: Mapped[str]
    filename: Mapped[str]
    content_type: Mapped[str]
    storage_key: Mapped[str]
    language: Mapped[str | None]
    size_bytes: Mapped[int | None]
    etag: Mapped[str | None]
    duration_ms: Mapped[int | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    video_codec: Mapped[str | None]
    audio_codec: Mapped[str | None]
    poster_key: Mapped[str | None]
    problem_code: Mapped[str | None]
    problem_detail: Mapped[str | None]
    claimed_by: Mapped[str | None]
    claimed_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    ready_at: Mapped[datetime | None]
    retain_until: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    deleted_by: Mapped[UUID | None]

    @property
    def poster_url(self) -> str | None:
        """Where its poster can be fetched for an hour; signing asks nobody."""
        if self.poster_key is None:
            return None
        return object_store().presign_get(self.poster_key, expires_seconds=POSTER_SECONDS)


class Upload(TenantRow, Base):
    """One file on its way in. `largest_bytes` is the purpose's limit when it began; `multipart_id` is storage's;
    `correlation_id` that of the request that began it."""

    __tablename__ = "uploads"
    __table_args__ = (tenant_key("asset_id", "media.media_assets"), {"schema": "media"})

    asset_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(default="pending")
    method: Mapped[str]
    storage_key: Mapped[str]
    content_type: Mapped[str]
    declared_bytes: Mapped[int]
    largest_bytes: Mapped[int]
    part_bytes: Mapped[int | None]
    part_count: Mapped[int | None]
    multipart_id: Mapped[str | None]
    correlation_id: Mapped[str | None]
    size_bytes: Mapped[int | None]
    etag: Mapped[str | None]
    expires_at: Mapped[datetime]
    received_at: Mapped[datetime | None]
    looked_after_at: Mapped[datetime | None]


class RecordingConsent(TenantRow, Base):
    """The consent that stood when a recording was uploaded."""

    __tablename__ = "recording_consents"
    __table_args__ = (tenant_key("asset_id", "media.media_assets"), {"schema": "media"})

    asset_id: Mapped[UUID]
    learner_id: Mapped[UUID]
    purpose: Mapped[str]

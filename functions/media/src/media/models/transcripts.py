"""What is said in an asset: the pieces of its sound, the text, the timed captions."""

from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, TenantRow, VersionedRow, tenant_key


class Rendition(TenantRow, Base):
    """A file made from an asset. `speech` is the transcript of one piece of its sound:
    `{"text", "language", "model", "cues": [...]}` with times from the asset's start."""

    __tablename__ = "renditions"
    __table_args__ = (tenant_key("asset_id", "media.media_assets"), {"schema": "media"})

    asset_id: Mapped[UUID]
    kind: Mapped[str]
    position: Mapped[int]
    storage_key: Mapped[str]
    content_type: Mapped[str]
    size_bytes: Mapped[int]
    starts_ms: Mapped[int]
    duration_ms: Mapped[int]
    speech: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class Transcript(VersionedRow, Base):
    """The text of an asset's speech. One that a person wrote is never replaced by a model's."""

    __tablename__ = "transcripts"
    __table_args__ = (tenant_key("asset_id", "media.media_assets"), {"schema": "media"})

    asset_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(default="pending")
    text: Mapped[str] = mapped_column(default="")
    language: Mapped[str | None]
    source: Mapped[str] = mapped_column(default="none")
    model: Mapped[str | None]
    problem_detail: Mapped[str | None]


class Captions(TenantRow, Base):
    """Timed lines in one language: `[{"start_ms", "end_ms", "text"}]`."""

    __tablename__ = "captions"
    __table_args__ = (tenant_key("asset_id", "media.media_assets"), {"schema": "media"})

    asset_id: Mapped[UUID]
    language: Mapped[str]
    cues: Mapped[list[dict[str, Any]]]

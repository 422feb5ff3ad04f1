"""Assets, as the API takes and answers them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from lodestar.api import ReadModel, WriteModel


class AssetRead(ReadModel):
    """A file. Its bytes are read by a playback URL only."""

    id: UUID
    owner_id: UUID
    purpose: str
    subject_type: str | None
    subject_id: UUID | None
    state: Literal["uploading", "processing", "ready", "rejected"]
    title: str
    filename: str
    content_type: str
    language: str | None
    size_bytes: int | None
    duration_ms: int | None
    width: int | None
    height: int | None
    problem_code: str | None
    problem_detail: str | None
    created_at: datetime
    ready_at: datetime | None
    retain_until: datetime | None
    poster_url: str | None = Field(
        description="A picture of the video, by a link that lives for an hour", examples=[None]
    )
    version: int


class AssetPatch(WriteModel):
    """What staff may change of an asset."""

    title: str | None = Field(
        default=None, min_length=1, max_length=200, examples=["How hiring decisions are made"]
    )
    language: str | None = Field(default=None, pattern="^[a-z]{2}(-[A-Z]{2})?$", examples=["en"])


class PlaybackUrlCreate(WriteModel):
    """How long the URL is to live, in seconds, at most 24 hours (X-05)."""

    expires_seconds: int = Field(default=12 * 3600, ge=60, le=24 * 3600)
    preview: bool = Field(default=False, description="Staff: look at it without being counted as a viewer")


class PlaybackUrlRead(ReadModel):
    """A link to the file's bytes. Whoever has it can read them until it expires."""

    url: str
    content_type: str
    expires_at: datetime


class ViewRead(ReadModel):
    """How far one person of the reader's organization has played the asset."""

    learner_id: UUID
    covered_ms: int
    duration_ms: int
    percent: float
    clicks: int = Field(description="How often they asked to play it", examples=[3])
    first_played_at: datetime
    last_played_at: datetime
    completed_at: datetime | None


class OperationAccepted(ReadModel):
    """Long work that has begun: `GET /v1/identity/operations/{operation_id}` tells how far it is."""

    operation_id: UUID
    asset_id: UUID

"""Consents."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from lodestar.api import ReadModel, WriteModel


class ConsentPurpose(StrEnum):
    """What people are asked for."""

    RECORDING = "recording"
    AI_VIDEO_ANALYSIS = "ai_video_analysis"


class ConsentCreate(WriteModel):
    """The caller consents, on reading the notice of this version."""

    purpose: ConsentPurpose
    notice_version: str = Field(min_length=1, max_length=50, examples=["2026-01"])


class ConsentRead(ReadModel):
    """A consent that was given; it stands while `withdrawn_at` is null, which is when it was withdrawn, or given to
    another version of the notice."""

    id: UUID
    purpose: str
    notice_version: str
    granted_at: datetime = Field(validation_alias="created_at")
    withdrawn_at: datetime | None

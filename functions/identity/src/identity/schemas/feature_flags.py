"""Feature flags."""

from datetime import datetime

from pydantic import Field

from lodestar.api import ReadModel, WriteModel


class FeatureFlagWrite(WriteModel):
    """Whether the organization has the feature, and a note for colleagues."""

    enabled: bool
    note: str = Field(default="", max_length=500)


class FeatureFlagRead(ReadModel):
    """A flag. One that was never set has version 0 and its default; only what the product knows is described."""

    key: str = Field(examples=["job_readiness"])
    enabled: bool
    by_default: bool = Field(description="What holds until it is set")
    description: str | None = Field(description="What the feature is, and what off means")
    note: str
    updated_at: datetime | None
    version: int

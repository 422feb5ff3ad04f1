"""Feature flags."""

from datetime import datetime

from pydantic import Field

from lodestar.api import ReadModel, WriteModel


class FeatureFlagWrite(WriteModel):
    """Whether the organization has the feature, and a note for colleagues."""

    enabled: bool
    note: str = Field(default="", max_length=500)


class FeatureFlagRead(ReadModel):
    """A flag."""

    key: str
    enabled: bool
    note: str
    updated_at: datetime
    version: int

"""Playback, as the API takes and answers it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from lodestar.api import ReadModel, WriteModel

LONGEST_MS = 24 * 3600 * 1000


class SegmentPlayed(WriteModel):
    """A stretch that was played without a jump."""

    from_ms: int = Field(ge=0, le=LONGEST_MS, examples=[0])
    to_ms: int = Field(ge=0, le=LONGEST_MS, examples=[15_000])

    @model_validator(mode="after")
    def _goes_forward(self) -> "SegmentPlayed":
        if self.to_ms < self.from_ms:
            raise ValueError("a segment ends where playing stopped, which is after it began")
        return self


class PlaybackReport(WriteModel):
    """What was played since the page was opened; repeating segments changes nothing."""

    position_ms: int = Field(
        ge=0, le=LONGEST_MS, examples=[15_000], description="Where playing goes on next time"
    )
    segments: list[SegmentPlayed] = Field(default_factory=list, max_length=500)
    rate: float = Field(default=1.0, gt=0, le=16, description="The player's speed, for the player's own use")


class PlaybackRead(ReadModel):
    """How far the learner is. `reason` says why played time was not credited: `faster_than_allowed`."""

    asset_id: UUID
    position_ms: int
    covered_ms: int
    duration_ms: int
    percent: float
    needed_percent: int
    completed: bool
    completed_at: datetime | None
    segments: list[Annotated[list[int], Field(min_length=2, max_length=2)]] = Field(
        description="What was played, from and to, in milliseconds", examples=[[[0, 15_000]]]
    )
    credited_ms: int = 0
    reason: Literal["faster_than_allowed"] | None = None
    text: str = Field(examples=["You have watched 41.5 %. At 95 % this recording is complete."])

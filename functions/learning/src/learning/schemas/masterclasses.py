"""Masterclasses on the wire."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from learning.schemas.common import (
    Key,
    Position,
    Text,
    Title,
)
from lodestar.api import (
    PatchModel,
    ReadModel,
    RowRead,
    WriteModel,
)
from lodestar.contracts.learning import Tier


class MasterclassCreate(WriteModel):
    """A talk for a program. Its video is an upload for the purpose `masterclass_video`; it may follow."""

    program_id: UUID
    key: Key
    title: Title = Field(examples=["Understanding an offer"])
    description: Text = ""
    speaker: Title | None = None
    position: Position = 1
    asset_id: UUID | None = None
    active: bool = True


class MasterclassPatch(PatchModel):
    """Changes to a talk; `active` shows it to learners or hides it."""

    title: Title | None = None
    description: Text | None = None
    speaker: Title | None = None
    position: Position | None = None
    asset_id: UUID | None = None
    active: bool | None = None


VideoState = Literal["none", "uploading", "processing", "ready", "failed"]


class MasterclassVideo(ReadModel):
    """How the talk's video stands. `text` says what to do where something is to be done."""

    state: VideoState
    text: str = Field(examples=["Ready to be watched."])
    problem_code: str | None
    size_bytes: int | None = Field(examples=[412_000_000])
    duration_ms: int | None = Field(examples=[3_120_000])
    captions: Literal["pending", "ready", "failed"] | None


class MasterclassRead(RowRead):
    """A talk, for those who run the program, with the state of its video."""

    program_id: UUID
    key: str
    title: str
    description: str
    speaker: str
    position: int
    asset_id: UUID | None
    active: bool
    video: MasterclassVideo


class LearnerMasterclassRead(ReadModel):
    """A talk as a learner sees it: the same list at every tier (JR-28), playable once it is not `locked` (X-03)."""

    id: UUID
    enrollment_id: UUID
    program_id: UUID
    title: str
    description: str
    speaker: str
    position: int
    asset_id: UUID | None = Field(description="To play it; null while it is locked")
    locked: bool
    reason: str | None
    completed_at: datetime | None


class TalkCounts(ReadModel):
    """How many began and completed a talk."""

    enrollments: int = Field(description="Learners on the program", examples=[120])
    started: int = Field(description="Of these, who have begun to play it", examples=[80])
    completions: int = Field(description="Of these, who have watched 95 percent", examples=[64])
    completion_percentage: float = Field(description="Completions of all enrollments", examples=[53.3])
    median_coverage: float | None = Field(
        description="Percent of the talk that the median of who have begun has watched", examples=[97.5]
    )


class TierCounts(TalkCounts):
    """The same of the learners at a tier; null before they have one."""

    tier: Tier | None


class MasterclassStatistics(TalkCounts):
    """How a talk does in the caller's organization."""

    masterclass_id: UUID
    by_tier: list[TierCounts]

"""A learner's journey on the wire."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from learning.schemas.progress import TierRead
from lodestar.api import ReadModel, WriteModel

MilestoneKind = Literal["enrolled", "star", "tier", "completed"]
NudgeKind = Literal["welcome", "promotion", "inactive"]


class JourneyProgram(ReadModel):
    """One program on the way."""

    enrollment_id: UUID
    title: str
    status: str
    stars: int
    stars_text: str
    tier: TierRead | None


class Milestone(ReadModel):
    """Something that happened on the way."""

    kind: MilestoneKind
    enrollment_id: UUID
    at: datetime
    text: str


class JourneyRead(ReadModel):
    """The learner's programs, and the newest 100 milestones, newest first."""

    programs: list[JourneyProgram]
    milestones: list[Milestone]


class NudgeRead(ReadModel):
    """A hint that is due now. It stays until it is dismissed or no longer holds."""

    id: UUID
    enrollment_id: UUID
    kind: NudgeKind
    text: str


class NudgesRead(ReadModel):
    """What is due now."""

    data: list[NudgeRead]


class NudgePatch(WriteModel):
    """Put a nudge away."""

    dismissed: Literal[True] = Field(examples=[True])

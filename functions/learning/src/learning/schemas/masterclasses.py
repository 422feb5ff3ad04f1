"""Masterclasses on the wire."""

from datetime import datetime
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


class MasterclassRead(RowRead):
    """A talk, for those who run the program."""

    program_id: UUID
    key: str
    title: str
    description: str
    speaker: str
    position: int
    asset_id: UUID | None
    active: bool


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


class MasterclassStatistics(ReadModel):
    """How a talk does in the caller's organization."""

    masterclass_id: UUID
    enrollments: int = Field(description="Learners on the program", examples=[120])
    completions: int = Field(description="Learners who have watched 95 percent", examples=[64])
    completion_percentage: float = Field(description="Completions of all enrollments", examples=[53.3])

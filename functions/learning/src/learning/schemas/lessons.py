"""Lessons on the wire."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from learning.schemas.common import (
    Key,
    LongText,
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


class LessonCreate(WriteModel):
    """A lesson of a course. A video by `asset_id`, or a text by `body`; both may follow before publication."""

    module_id: UUID
    key: Key
    title: Title = Field(examples=["Reading numbers before trusting them"])
    summary: Text = ""
    position: Position = 1
    required: bool = True
    estimated_minutes: int | None = Field(default=None, ge=1, le=600)
    asset_id: UUID | None = None
    body: LongText | None = None


class LessonPatch(PatchModel):
    """Changes to a draft's lesson."""

    title: Title | None = None
    summary: Text | None = None
    position: Position | None = None
    required: bool | None = None
    estimated_minutes: int | None = Field(default=None, ge=1, le=600)
    asset_id: UUID | None = None
    body: LongText | None = None

    may_be_null: ClassVar[frozenset[str]] = frozenset({"estimated_minutes", "asset_id", "body"})


class LessonRead(RowRead):
    """A lesson of a draft, for those who write it."""

    program_id: UUID
    module_id: UUID
    key: str
    title: str
    summary: str
    position: int
    required: bool
    estimated_minutes: int | None
    asset_id: UUID | None
    body: str | None


class LearnerLessonSummary(ReadModel):
    """A lesson in a learner's list; what it says is told by itself."""

    id: UUID
    enrollment_id: UUID
    program_id: UUID
    module_id: UUID
    title: str
    summary: str
    position: int
    required: bool
    estimated_minutes: int | None
    locked: bool
    reason: str | None
    completed_at: datetime | None


class LearnerLessonRead(LearnerLessonSummary):
    """An open lesson with what it says: the video's asset, or the text."""

    asset_id: UUID | None
    body: str | None

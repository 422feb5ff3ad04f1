"""A learner's progress on the wire: everything a screen shows, words included (JR-62)."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from learning.schemas.promotions import OfferRead
from lodestar.api import ReadModel, WriteModel
from lodestar.contracts.learning import ModuleKind, Tier


class ProgramSummary(ReadModel):
    """What the learner is on."""

    id: UUID
    title: str
    type: str
    version_number: int


class TierRead(ReadModel):
    """A tier as it is shown."""

    tier: Tier
    label: str = Field(examples=["Silver"])
    colour: str = Field(examples=["#8A939B"])
    text: str


class StageProgress(ReadModel):
    """One star: what earns it, whether it is earned."""

    star: int
    kind: ModuleKind
    title: str
    description: str
    earned: bool
    earned_at: datetime | None
    earned_text: str
    locked: bool
    completed: int = Field(description="Pieces that are done", examples=[2])
    required: int = Field(description="Pieces that earn the star", examples=[5])
    text: str = Field(examples=["2 of 5"])


class Prerequisite(ReadModel):
    """A star that stands before a module."""

    star: int
    text: str
    met: bool


class AttemptRead(ReadModel):
    """An attempt in a module's history. `score` is in percent."""

    attempt_id: UUID
    state: str
    source: str | None
    tier_used: Tier | None
    score: float | None
    passed: bool | None
    created_at: datetime
    ended_at: datetime | None


class WatchRead(ReadModel):
    """How far a video was watched; times in seconds."""

    position_seconds: float
    watched_seconds: float
    duration_seconds: float
    percentage: float
    completed_at: datetime | None


class QuizProgress(ReadModel):
    """The quiz of a lesson."""

    attempts: int
    best_score: float | None
    passed: bool
    open_attempt_id: UUID | None


class LessonProgressRead(ReadModel):
    """A lesson of a course."""

    lesson_id: UUID
    title: str
    required: bool
    video: WatchRead | None
    quiz: QuizProgress | None
    completed_at: datetime | None


class CourseDetails(ReadModel):
    """A course: lessons, videos, quizzes."""

    kind: Literal[ModuleKind.COURSE] = ModuleKind.COURSE
    completed_lessons: int
    required_lessons: int
    text: str = Field(examples=["1 of 3"])
    lessons: list[LessonProgressRead]


class AttemptDetails(ReadModel):
    """An assessment, a project or an interview: its attempts, newest first; drafts are among them."""

    kind: Literal[ModuleKind.ASSESSMENT, ModuleKind.PROJECT, ModuleKind.INTERVIEW]
    attempts: list[AttemptRead]
    best_score: float | None
    open_attempt_id: UUID | None


class TalkProgress(ReadModel):
    """A masterclass."""

    masterclass_id: UUID
    title: str
    speaker: str
    video: WatchRead | None
    completed_at: datetime | None


class MasterclassDetails(ReadModel):
    """The masterclasses: "X of 5" (JR-31)."""

    kind: Literal[ModuleKind.MASTERCLASS] = ModuleKind.MASTERCLASS
    completed: int
    required: int
    text: str = Field(examples=["2 of 5"])
    masterclasses: list[TalkProgress]


class ModuleProgressRead(ReadModel):
    """A module, locked or not (JR-10), with what was done in it (JR-12)."""

    module_id: UUID
    kind: ModuleKind
    kind_label: str
    key: str
    title: str
    description: str
    star: int = Field(description="The star that it helps to earn")
    locked: bool
    reason: str | None
    prerequisites: list[Prerequisite]
    completed_at: datetime | None
    details: CourseDetails | MasterclassDetails | AttemptDetails


class Resume(ReadModel):
    """Where the learner left off (JR-11): a lesson at a second, a masterclass at a second, or an open attempt."""

    kind: Literal["lesson", "masterclass", "attempt"]
    module_id: UUID | None
    lesson_id: UUID | None = None
    masterclass_id: UUID | None = None
    asset_id: UUID | None = None
    attempt_id: UUID | None = None
    position_seconds: float | None = None
    text: str


class NextStep(ReadModel):
    """The one thing to do next. `action` tells the screen which button to show; `target_id` what it opens."""

    action: Literal[
        "take_assessment", "open_lesson", "take_quiz", "watch_masterclass", "begin_project", "begin_interview",
        "continue_attempt", "wait", "none",
    ]  # fmt: skip
    module_id: UUID | None
    target_id: UUID | None
    text: str


class ProgressRead(ReadModel):
    """All of a learner's standing in one read."""

    enrollment_id: UUID
    learner_id: UUID
    program: ProgramSummary
    status: str
    stars: int = Field(ge=0, le=5)
    possible_stars: int
    stars_text: str = Field(examples=["2 of 5 stars"])
    tier: TierRead | None
    background_id: UUID | None
    stages: list[StageProgress]
    modules: list[ModuleProgressRead]
    resume: Resume | None
    next_step: NextStep
    promotion: OfferRead | None
    progressed_at: datetime
    completed_at: datetime | None


class LessonProgressWrite(WriteModel):
    """The lesson was opened; `read` says that its text was read to the end. A video's playback is told to media."""

    read: bool = False


class LessonProgressSaved(ReadModel):
    """What is known of the lesson now."""

    enrollment_id: UUID
    lesson_id: UUID
    last_opened_at: datetime
    read_at: datetime | None
    completed_at: datetime | None
    stars: int

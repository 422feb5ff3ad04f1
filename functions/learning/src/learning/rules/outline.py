"""A program version as one enrollment stands in it: what the rules of progress decide on."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from lodestar.contracts.assessment import AssessmentKind, AttemptSummary
from lodestar.contracts.learning import ModuleKind
from lodestar.contracts.media import Playback

GRADED = frozenset({"graded", "decided"})
UNFINISHED = frozenset({"preparing", "draft", "in_progress"})


@dataclass(frozen=True, slots=True)
class StageOutline:
    """What earns one star."""

    star: int
    kind: ModuleKind
    required_count: int | None
    title: str
    description: str
    earned_text: str


@dataclass(frozen=True, slots=True)
class ModuleOutline:
    """A module, and when it was completed."""

    module_id: UUID
    kind: ModuleKind
    key: str
    title: str
    description: str
    configuration: dict[str, Any]
    completed_at: datetime | None

    @property
    def has_quizzes(self) -> bool:
        """Whether its lessons end with a quiz."""
        return bool(self.configuration.get("enable_ai_quizzes"))


@dataclass(frozen=True, slots=True)
class LessonOutline:
    """A lesson, when it was last opened, read and completed."""

    lesson_id: UUID
    module_id: UUID
    title: str
    required: bool
    asset_id: UUID | None
    last_opened_at: datetime | None
    read_at: datetime | None
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class TalkOutline:
    """A masterclass, and when it was watched. `offered` is false once it is deactivated or deleted."""

    masterclass_id: UUID
    title: str
    speaker: str
    asset_id: UUID | None
    offered: bool
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Outline:
    """All of it, each list in the order in which a learner meets it."""

    stages: list[StageOutline]
    modules: list[ModuleOutline]
    lessons: list[LessonOutline]
    talks: list[TalkOutline]

    def modules_of(self, kind: ModuleKind) -> list[ModuleOutline]:
        """The modules of a stage."""
        return [module for module in self.modules if module.kind is kind]

    def lessons_of(self, module_id: UUID) -> list[LessonOutline]:
        """The lessons of a course."""
        return [lesson for lesson in self.lessons if lesson.module_id == module_id]

    def stage_of(self, kind: ModuleKind) -> StageOutline:
        """The stage that modules of this kind belong to."""
        return next(stage for stage in self.stages if stage.kind is kind)

    def asset_ids(self) -> list[UUID]:
        """Every video of it, once."""
        used = [lesson.asset_id for lesson in self.lessons] + [talk.asset_id for talk in self.talks]
        return list({asset_id for asset_id in used if asset_id})


@dataclass(frozen=True, slots=True)
class Evidence:
    """What assessment and media know of the learner; attempts newest first."""

    attempts: list[AttemptSummary] = field(default_factory=list)
    playbacks: dict[UUID, Playback] = field(default_factory=dict)

    def attempts_at(self, module_id: UUID, *, lesson_id: UUID | None = None) -> list[AttemptSummary]:
        """The attempts at a module, or at the quiz of one of its lessons."""
        return [a for a in self.attempts if a.module_id == module_id and a.lesson_id == lesson_id]

    def quiz_attempts(self, lesson_id: UUID) -> list[AttemptSummary]:
        """The attempts at a lesson's quiz."""
        return [a for a in self.attempts if a.kind is AssessmentKind.QUIZ and a.lesson_id == lesson_id]

    def watched_at(self, asset_id: UUID | None) -> datetime | None:
        """When the video was covered."""
        playback = self.playbacks.get(asset_id) if asset_id else None
        return playback.completed_at if playback else None


def ended_at(attempt: AttemptSummary) -> datetime:
    """When the attempt had its outcome."""
    return attempt.ended_at or attempt.created_at

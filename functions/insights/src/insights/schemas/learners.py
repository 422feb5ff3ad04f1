"""Learners' progress as staff read it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from lodestar.api import ReadModel, WriteModel
from lodestar.contracts.assessment import AssessmentKind
from lodestar.contracts.learning import ModuleKind, Tier

Status = Literal["active", "completed", "withdrawn"]
Star = Annotated[int, Field(ge=0, le=5)]
Words = Annotated[str, StringConstraints(min_length=3, max_length=100)]


class LearnerSort(StrEnum):
    """A minus begins with the greatest."""

    NEWEST = "-enrolled_at"
    OLDEST = "enrolled_at"
    ACTIVE = "-last_active_at"
    SILENT = "last_active_at"
    MOST_STARS = "-stars"
    FEWEST_STARS = "stars"


class LearnerFilters(WriteModel):
    """Which learners: all that is given must hold."""

    program_id: UUID | None = None
    star: Star | None = Field(None, description="Exactly so many stars")
    tier: Tier | None = None
    status: Status | None = None
    background_id: UUID | None = None
    cohort_id: UUID | None = None
    q: Words | None = Field(
        None, description="Words with which words of the name, or the e-mail, begin", examples=["lovelace"]
    )


class ProgramRef(ReadModel):
    """The program, at the version that the learner is on."""

    id: UUID
    title: str = Field(examples=["Job Readiness"])
    version: int


class BackgroundRef(ReadModel):
    """The background that the learner chose."""

    id: UUID
    title: str | None = Field(examples=["Economics"])


class CohortRef(ReadModel):
    """The cohort with which the learner takes the program."""

    id: UUID
    title: str = Field(examples=["Autumn 2026"])


class TierRef(ReadModel):
    """The tier with its label."""

    tier: Tier
    label: str = Field(examples=["Silver"])


class StarEarned(ReadModel):
    """When a star that stands was earned."""

    star: int
    earned_at: datetime


class LearnerRead(ReadModel):
    """A learner on a program. Who has left the organization has no name and no e-mail here."""

    enrollment_id: UUID
    learner_id: UUID
    display_name: str | None = Field(examples=["Ada Lovelace"])
    email: str | None
    program: ProgramRef
    status: Status
    status_text: str = Field(examples=["Active"])
    stars: int = Field(ge=0, le=5, examples=[2])
    possible_stars: int
    stars_text: str = Field(examples=["2 of 5 stars"])
    stars_earned: list[StarEarned]
    tier: TierRef | None
    background: BackgroundRef | None
    cohort: CohortRef | None
    modules_completed: int
    modules_total: int
    modules_text: str = Field(examples=["6 of 9 modules"])
    progress_percent: int = Field(
        ge=0,
        le=100,
        description="Modules done, of those of the learner's version of the program: lessons, masterclasses, assignments"
        " and interviews count as the modules that they make up. Rounded down, so that 100 is all of them",
        examples=[66],
    )
    progress_text: str = Field(examples=["66 % of the program"])
    best_project_score: float | None = Field(description="Percent, of graded attempts")
    best_interview_score: float | None = Field(description="Percent, of graded attempts")
    promotion_exams_taken: int
    promotion_exams_passed: int
    quizzes_passed: int
    waiting_for_review: int = Field(description="Attempts on which a person has yet to decide")
    enrolled_at: datetime
    last_active_at: datetime
    completed_at: datetime | None


class StageStanding(ReadModel):
    """A star of the program; `earned_at` is null until it is earned."""

    star: int
    kind: ModuleKind
    title: str
    earned_at: datetime | None
    by_override: bool


class ModuleStanding(ReadModel):
    """A module as the learner sees it; `reason` says why it is locked."""

    module_id: UUID
    kind: ModuleKind
    title: str
    star: int
    locked: bool
    reason: str | None
    completed_at: datetime | None


class TierStep(ReadModel):
    """A change of tier. `cause` is `initial`, `promotion` or `override`."""

    old: Tier | None
    new: Tier
    cause: str
    star: int
    changed_at: datetime
    text: str = Field(examples=["From Bronze to Silver by a promotion exam"])


class AttemptsOfKind(ReadModel):
    """What was attempted of a kind; `best_score` is in percent."""

    kind: AssessmentKind
    attempts: int
    passed: int
    best_score: float | None
    last_at: datetime


class ProgramStanding(LearnerRead):
    """All of a learner's progress in one program."""

    stages: list[StageStanding]
    modules: list[ModuleStanding]
    tier_changes: list[TierStep]
    attempts: list[AttemptsOfKind]


class LearnerDetail(ReadModel):
    """A learner with every program of theirs, the newest first."""

    learner_id: UUID
    display_name: str | None
    email: str | None
    programs: list[ProgramStanding]

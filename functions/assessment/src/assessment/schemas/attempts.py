"""Attempts on the wire. What is right never stands in them; see results."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from assessment.rules.states import State, is_over
from assessment.rules.wording import GRADERS, Grader, graded_by
from assessment.schemas.reviews import EvidenceRead, ReviewSummaryRead
from assessment.schemas.rubrics import CriterionRead
from lodestar import clock
from lodestar.api import ReadModel, WriteModel
from lodestar.contracts.assessment import AssessmentKind
from lodestar.contracts.learning import Tier

LONGEST_TEXT = 100_000
"""Characters of a text submission."""

SHOWN_BEFORE_START = frozenset({AssessmentKind.PROJECT, AssessmentKind.INTERVIEW})
QuestionId = Annotated[str, StringConstraints(pattern=r"^q[1-9][0-9]?$")]
Answers = Annotated[
    dict[QuestionId, Annotated[int, Field(ge=0, le=5)]],
    Field(
        max_length=50,
        description="Question id to the index of the chosen option, from 0",
        examples=[{"q1": 2}],
    ),
]
LongText = Annotated[str, StringConstraints(max_length=LONGEST_TEXT, strip_whitespace=False)]


class AttemptCreate(WriteModel):
    """What to attempt. `lesson_id` belongs to a quiz, and only to it."""

    enrollment_id: UUID
    assessment_id: UUID
    lesson_id: UUID | None = None


class DraftWrite(WriteModel):
    """What autosave keeps. A field left out stays as it is; an answer of null takes it back."""

    answers: dict[QuestionId, Annotated[int, Field(ge=0, le=5)] | None] | None = Field(
        default=None, max_length=50
    )
    text: LongText | None = None
    repository_url: Annotated[str, StringConstraints(max_length=300)] | None = None
    position: Annotated[str, StringConstraints(max_length=100)] | None = Field(
        default=None, description="Where the learner is, in the client's own terms"
    )


class StartWrite(WriteModel):
    """How to start."""

    accept_review: bool = Field(
        default=False,
        description="Start an interview though no model answers; a person will grade it (JR-42)",
    )


class AnswersSubmission(WriteModel):
    """Answers to single-choice questions; without `answers`, those that autosave kept."""

    kind: Literal["answers"]
    answers: Answers | None = None


class RepositorySubmission(WriteModel):
    """A public GitHub repository; it is read at its newest commit, which is then pinned."""

    kind: Literal["repository"]
    url: Annotated[str, StringConstraints(max_length=300)] = Field(
        examples=["https://github.com/octocat/hello"]
    )


class TextSubmission(WriteModel):
    """A text of at most 100,000 characters; without `text`, the one that autosave kept."""

    kind: Literal["text"]
    text: LongText | None = None


class VideoSubmission(WriteModel):
    """A recording uploaded by `POST /v1/media/uploads`."""

    kind: Literal["video"]
    asset_id: UUID


Submission = Annotated[
    AnswersSubmission | RepositorySubmission | TextSubmission | VideoSubmission, Field(discriminator="kind")
]


class AttemptSummaryRead(ReadModel):
    """An attempt in a list. `review` is for staff: what they need to see whose turn it is, and why."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    learner_id: UUID
    enrollment_id: UUID
    assessment_id: UUID
    kind: AssessmentKind
    title: str
    module_id: UUID | None
    lesson_id: UUID | None
    number: int
    state: State
    source: str | None
    tier_used: Tier | None
    star: int | None
    target_tier: Tier | None
    review_reason: str | None
    started_at: datetime | None
    deadline_at: datetime | None
    submitted_at: datetime | None
    ended_at: datetime | None
    score: float | None
    passed: bool | None
    program_id: UUID
    passing_score: float
    graded_by: Grader | None = None
    graded_by_label: str | None = Field(default=None, description="The same, for a person")
    review: ReviewSummaryRead | None = None

    @model_validator(mode="after")
    def tell_expiry(self) -> "AttemptSummaryRead":
        """What ran out of time is expired, though nothing has been written since."""
        if is_over(self.state, self.deadline_at, now=clock.now()):
            self.state = State.EXPIRED
        self.graded_by = graded_by(self.kind, self.state)
        self.graded_by_label = GRADERS.get(self.graded_by or "")
        return self


class AttemptRead(AttemptSummaryRead):
    """An attempt as a screen shows it."""

    background_id: UUID | None
    message: str = Field(description="Where it stands and what comes next, for a person")
    submission_kind: str
    source_label: str | None = Field(description="`AI-generated`, or where else the content comes from")
    model: str | None = Field(description="The model that made the content; `offline-...` is a simulator")
    provenance: dict[str, Any] = Field(
        description="How many items came from where, and how many were dropped"
    )
    difficulty: str | None
    question_count: int | None
    time_limit_seconds: int | None
    content: dict[str, Any] | None = Field(description="Null until it is made and, for timed kinds, started")
    criteria: list[CriterionRead]
    draft: dict[str, Any]
    submission: dict[str, Any] | None
    regenerations_left: int
    feedback: dict[str, Any] | None
    failure_code: str | None
    evidence: EvidenceRead | None = Field(default=None, description="For staff, of another person's work")

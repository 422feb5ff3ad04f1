"""Samples of what a draft would give learners, on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from assessment.schemas.assessments import AssessmentPatch, TierTemplateWrite
from assessment.schemas.common import Prompt, Text
from assessment.schemas.rubrics import CriterionRead
from lodestar.api import ReadModel, WriteModel
from lodestar.contracts.learning import Tier

Lessons = Annotated[list[UUID], Field(max_length=12)]
Work = Annotated[str, StringConstraints(min_length=20, max_length=20_000)]
_LESSON = "The lesson that a quiz is about, or up to 12 that an exam may ask about"
_BACKGROUND = "For a project or an interview: whose profiles say what is asked"


class AssessmentPreviewCreate(WriteModel):
    """What is about to be saved, and for whom the sample is made; what is left out stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"tier": "silver", "tier_template": {"question_count": 12}}]}
    )

    tier: Tier = Field(description="The learner's; for a promotion exam, the one aimed at")
    lesson_ids: Lessons = Field(default_factory=list, description=_LESSON)
    background_id: UUID | None = Field(default=None, description=_BACKGROUND)
    assessment: AssessmentPatch | None = Field(default=None, description="As it would be sent by PATCH")
    tier_template: TierTemplateWrite | None = Field(default=None, description="As it would be sent by PUT")


class PromptPreviewCreate(WriteModel):
    """The words that are about to become a revision, and what to try them on.

    A prompt for a quiz or an exam needs `assessment_id` and `lesson_ids`; for a project or interview questions
    `background_id`; for grading `rubric_id` and `work`.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "input_prompt": "Write {count} questions of {difficulty} difficulty about {title}. {guidance}",
                    "assessment_id": "0199f3c2-0000-7000-8000-000000000001",
                    "lesson_ids": ["0199f3c2-0000-7000-8000-000000000002"],
                }
            ]
        }
    )

    system_prompt: Prompt | None = Field(default=None, description="The revision's own where left out")
    input_prompt: Prompt | None = Field(default=None, description="The revision's own where left out")
    tier: Tier = Tier.BRONZE
    assessment_id: UUID | None = None
    lesson_ids: Lessons = Field(default_factory=list, description=_LESSON)
    background_id: UUID | None = Field(default=None, description=_BACKGROUND)
    rubric_id: UUID | None = None
    task: Text = Field(default="", description="What the work was to answer")
    work: Work | None = Field(default=None, description="Work to be graded, as a learner would hand it in")


class WarningRead(ReadModel):
    """Something that saving would not refuse, and that learners would notice."""

    code: str
    detail: str


class RenderedPromptRead(ReadModel):
    """What a model was, or would be, told; `materials` names what is shown with it."""

    prompt_version: str
    system_prompt: str
    prompt: str
    materials: list[str]


class PreviewResultRead(ReadModel):
    """The sample. `content` is what a learner would see; what is right, and how it is graded, stands apart from it.

    `source` is `model`, `bank` or `generic`; a `model` named `offline-...` is a simulator. `grade` is the sample of a
    prompt that grades.
    """

    prompts: list[RenderedPromptRead]
    content: dict[str, Any] | None
    answer_key: dict[str, Any] | None
    criteria: list[CriterionRead]
    grade: dict[str, Any] | None
    source: str | None
    source_label: str | None
    model: str | None
    prompt_version: str | None
    calls: int
    cost_usd_micros: int | None
    provenance: dict[str, Any]
    difficulty: str | None
    question_count: int | None
    passing_score: float | None
    time_limit_seconds: int | None
    warnings: list[WarningRead]


class PreviewRead(ReadModel):
    """A sample in the making, or made; it is kept for a day."""

    id: UUID
    created_at: datetime
    subject_type: Literal["assessment", "background_profile", "prompt_template"]
    subject_id: UUID
    requested_by: UUID
    state: Literal["pending", "running", "completed", "failed"]
    operation_id: UUID
    completed_at: datetime | None
    expires_at: datetime
    problem_detail: str | None
    result: PreviewResultRead | None


class LearnersQuestionRead(ReadModel):
    """A question as a learner sees it: what is right does not stand in it."""

    id: str
    stem: str
    options: list[str]
    source: str
    source_label: str
    difficulty: str | None


class LearnersQuizRead(ReadModel):
    """A lesson's quiz as a learner sees it. `by_model` more questions are made by a model from the lesson."""

    questions: list[LearnersQuestionRead]
    by_model: int
    question_count: int


class LessonItemsPreviewRead(ReadModel):
    """What a mapping gives learners: while a model serves, and when none does."""

    lesson_id: UUID
    with_model: LearnersQuizRead
    without_model: LearnersQuizRead | None = Field(description="Null: there would be no quiz")
    warnings: list[WarningRead]

"""Backgrounds, their profiles, and fallback contents on the wire."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from assessment.schemas.common import (
    Key,
    Percent,
    Prompt,
    Text,
    Title,
)
from lodestar.api import (
    PatchModel,
    RowRead,
    WriteModel,
)
from lodestar.contracts.learning import Tier

TypeName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$", max_length=60)]
ProjectTypes = Annotated[list[TypeName], Field(min_length=1, max_length=20)]
SubmissionKind = Literal["repository", "text"]
Line = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class BackgroundCreate(WriteModel):
    """A new background (JR-33)."""

    key: Key = Field(examples=["economics"])
    title: Title = Field(examples=["Economics"])
    description: Text = ""
    submission_kind: SubmissionKind
    project_types: ProjectTypes = Field(examples=[["case_study"]])


class BackgroundPatch(PatchModel):
    """Changes to a background."""

    title: Title | None = None
    description: Text | None = None
    submission_kind: SubmissionKind | None = None
    project_types: ProjectTypes | None = None
    active: bool | None = None


class BackgroundRead(RowRead):
    """A background, as learners choose one."""

    key: str
    title: str
    description: str
    submission_kind: str
    project_types: list[str]
    active: bool


class ProfileConfig(WriteModel):
    """Limits that differ from the assessment's."""

    question_count: int | None = Field(default=None, ge=1, le=20)
    time_limit_seconds: int | None = Field(default=None, ge=60, le=300)
    passing_score: Percent | None = None


class ProfileWrite(WriteModel):
    """What a background is asked, at a tier (JR-34, JR-40). Names in braces are replaced as in prompt templates."""

    system_prompt: Prompt
    input_prompt: Prompt
    description_template: Text = ""
    focus_area: Annotated[str, StringConstraints(max_length=500)] = ""
    rubric_id: UUID
    config: ProfileConfig = Field(default_factory=ProfileConfig)


class ProfileRead(RowRead):
    """A profile."""

    background_id: UUID
    kind: str
    type: str
    tier: Tier
    system_prompt: str
    input_prompt: str
    description_template: str
    focus_area: str
    rubric_id: UUID
    config: dict[str, Any]


class ProjectBody(WriteModel):
    """A project, ready to be handed to a learner."""

    title: Title
    brief: Annotated[str, StringConstraints(min_length=20, max_length=10_000)]
    requirements: list[Line] = Field(min_length=1, max_length=20)
    deliverables: list[Line] = Field(min_length=1, max_length=20)


class QuestionBody(WriteModel):
    """One interview question."""

    text: Annotated[str, StringConstraints(min_length=10, max_length=500)]
    type: TypeName


class QuestionsBody(WriteModel):
    """A set of interview questions."""

    questions: list[QuestionBody] = Field(min_length=1, max_length=50)


class FallbackCreate(WriteModel):
    """What serves a background at a tier when no model does (JR-36, JR-41)."""

    kind: Literal["project", "interview_questions"]
    key: Key
    background_id: UUID
    tier: Tier
    type: TypeName
    body: ProjectBody | QuestionsBody


class FallbackPatch(PatchModel):
    """Changes to a fallback."""

    tier: Tier | None = None
    type: TypeName | None = None
    body: ProjectBody | QuestionsBody | None = None
    active: bool | None = None


class FallbackRead(RowRead):
    """A fallback."""

    kind: str
    key: str
    background_id: UUID
    tier: Tier
    type: str
    body: dict[str, Any]
    active: bool

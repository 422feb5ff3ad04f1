"""The configuration of each kind of module (JR-02 to JR-04)."""

from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from learning.schemas.common import Percent
from lodestar.api import WriteModel
from lodestar.contracts.learning import ModuleKind
from lodestar.problems import InvalidContent

Prompt = Annotated[str, StringConstraints(min_length=1, max_length=8000)]
Prompts = Annotated[list[Prompt], Field(max_length=20)]


class AssessmentConfiguration(WriteModel):
    """One of the initial assessments (JR-16)."""

    question_count: int = Field(default=10, ge=1, le=50)


class CourseConfiguration(WriteModel):
    """A course's quizzes (JR-03, D-02). Off by default: then no quiz appears and no model is called."""

    enable_ai_quizzes: bool = False
    ai_quiz_prompt_template: Prompt | None = None
    ai_quiz_question_count: int = Field(default=10, ge=1, le=50)
    ai_quiz_passing_score: Percent = 70
    tier_based_difficulty: bool = True


class MasterclassConfiguration(WriteModel):
    """Which recorded talks the module shows and how many complete it; the same number as its stage's."""

    session_types: list[Annotated[str, StringConstraints(min_length=1, max_length=60)]] = Field(
        default=["recorded_talk"], min_length=1, max_length=10
    )
    required_completions: int = Field(default=5, ge=1, le=50)


class ProjectConfiguration(WriteModel):
    """A project (JR-04, D-03)."""

    prompt_template: Prompt | None = None
    grading_criteria: Prompts = Field(default_factory=list)
    passing_score: Percent = 70
    max_attempts: int = Field(default=3, ge=1, le=10)


class InterviewConfiguration(WriteModel):
    """A recorded interview (JR-04, D-04, X-01)."""

    question_templates: Prompts = Field(default_factory=list)
    grading_criteria: Prompts = Field(default_factory=list)
    question_count: int = Field(default=5, ge=1, le=20)
    time_limit_seconds: int = Field(default=300, ge=60, le=300)
    passing_score: Percent = 70
    max_attempts: int = Field(default=3, ge=1, le=10)
    attempt_window_days: int = Field(default=7, ge=1, le=90)


CONFIGURATIONS: dict[ModuleKind, type[BaseModel]] = {
    ModuleKind.ASSESSMENT: AssessmentConfiguration,
    ModuleKind.COURSE: CourseConfiguration,
    ModuleKind.MASTERCLASS: MasterclassConfiguration,
    ModuleKind.PROJECT: ProjectConfiguration,
    ModuleKind.INTERVIEW: InterviewConfiguration,
}


def fitting(kind: ModuleKind, configuration: dict[str, Any]) -> dict[str, Any]:
    """The configuration with its defaults. Raises `InvalidContent` when it does not fit the kind."""
    try:
        return CONFIGURATIONS[kind].model_validate(configuration).model_dump(mode="json")
    except ValidationError as error:
        fields = [
            {
                "field": ".".join(["configuration", *(str(part) for part in fault["loc"])]),
                "code": fault["type"],
                "message": fault["msg"],
            }
            for fault in error.errors()
        ]
        raise InvalidContent(
            f"The configuration does not fit a module of kind {kind}.", errors=fields
        ) from error

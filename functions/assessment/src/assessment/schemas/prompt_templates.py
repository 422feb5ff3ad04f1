"""Prompt templates on the wire."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from assessment.schemas.common import (
    Prompt,
)
from lodestar.api import (
    PatchModel,
    RowRead,
    WriteModel,
)


class PromptPurpose(StrEnum):
    """What a prompt makes or grades."""

    QUIZ = "quiz"
    EXAM = "exam"
    PROJECT = "project"
    INTERVIEW_QUESTIONS = "interview_questions"
    GRADE_TEXT = "grade_text"
    GRADE_REPOSITORY = "grade_repository"
    GRADE_INTERVIEW = "grade_interview"


class PromptTemplateCreate(WriteModel):
    """A new revision; it becomes the active one of its purpose and strategy.

    In `input_prompt`, names in braces are replaced: `{count}`, `{tier}`, `{difficulty}`, `{title}`, `{background}`,
    `{type}`, `{focus_area}`, `{guidance}`.
    """

    purpose: PromptPurpose
    strategy: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)] = (
        "default"
    )
    system_prompt: Prompt = Field(examples=["You write fair multiple-choice questions."])
    input_prompt: Prompt = Field(examples=["Write {count} questions of {difficulty} difficulty."])


class PromptTemplatePatch(PatchModel):
    """Whether this revision is the one in use. Its words never change: write a new revision."""

    active: bool


class PromptTemplateRead(RowRead):
    """A revision. `name` is how the log of calls refers to it."""

    name: str
    purpose: PromptPurpose
    strategy: str
    revision: int
    system_prompt: str
    input_prompt: str
    active: bool

"""What models are asked to answer with, and what the steps of generation hand to each other."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class ItemAnswer(BaseModel):
    """One single-choice question by a model."""

    stem: str
    options: list[str] = Field(min_length=4, max_length=4)
    answer: int = Field(ge=0, le=3, description="Index of the only right option")
    explanation: str
    quote: str = Field(
        description="One sentence copied word for word from the material, which proves the answer"
    )


class ItemsAnswer(BaseModel):
    """A model's questions."""

    items: list[ItemAnswer]


class ProjectAnswer(BaseModel):
    """A model's project."""

    title: str
    scenario: str
    requirements: list[str]
    deliverables: list[str]
    steps: list[str]


class QuestionAnswer(BaseModel):
    """One interview question by a model."""

    text: str
    looks_for: str


class QuestionsAnswer(BaseModel):
    """A model's interview questions."""

    questions: list[QuestionAnswer]


class Made(BaseModel):
    """What models made that may be shown, and what it cost: nothing when none served."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = None
    values: list[dict[str, Any]] = Field(default_factory=list)
    dropped: dict[str, int] = Field(default_factory=dict)


class GenerationStep(BaseModel):
    """The input of every step: whose attempt, which of its generations, and which execution works on it."""

    org_id: UUID
    attempt_id: UUID
    generation: int
    execution: str
    correlation_id: str | None = None


class Claimed(BaseModel):
    """Whether this execution holds the attempt."""

    claimed: bool


class SettleStep(GenerationStep):
    """The last step's input."""

    made: Made


class FailStep(GenerationStep):
    """What went wrong: an error's class name, as the state machine caught it."""

    error: str

"""The port: what the product asks of a language model and what it gets back."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel


class Purpose(StrEnum):
    """Why a model is called; each purpose has a chain of models of its own."""

    QUIZ = "quiz"
    EXAM = "exam"
    PROJECT = "project"
    INTERVIEW_QUESTIONS = "interview_questions"
    GRADE_TEXT = "grade_text"
    GRADE_REPOSITORY = "grade_repository"
    GRADE_INTERVIEW = "grade_interview"
    TRANSCRIBE = "transcribe"
    SPEAK = "speak"


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Text that somebody handed in: data for the model, never instructions to it."""

    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaInput:
    """A video on local disk that the model shall watch itself."""

    path: Path
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """One question to a model.

    `system` and `prompt` are ours and are instructions; `materials` are others' and are sent in delimited
    blocks that the text itself cannot close. `schema` is what the answer is parsed into.
    `prompt_version` names the prompt template in the log.
    """

    purpose: Purpose
    system: str
    prompt: str
    schema: type[BaseModel]
    prompt_version: str
    materials: Sequence[Material] = ()
    media: MediaInput | None = None
    temperature: float = 0.4
    max_output_tokens: int = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """A model's answer. `value` is valid against the request's schema (JSON types only).

    `cost_usd_micros` is in millionths of a US dollar, None where the registry knows no price.
    """

    value: dict[str, Any]
    model: str
    input_tokens: int
    output_tokens: int
    latency_ms: int
    cost_usd_micros: int | None
    finish_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether a purpose can be served now. `model` is the first of the chain that answers.

    `reasons` says of each model that did not answer why not.
    """

    available: bool
    model: str | None
    reasons: tuple[str, ...] = ()


class Model(Protocol):
    """One model of one vendor. A model served by a simulator is named `offline-...`."""

    @property
    def name(self) -> str: ...

    @property
    def vendor(self) -> str: ...

    @property
    def takes_video(self) -> bool: ...

    def generate(self, request: GenerationRequest) -> Generation:
        """Make exactly one call to the vendor (a video is uploaded first). Raises AiError's kinds."""
        ...

    def check(self, *, timeout_seconds: float) -> None:
        """Return when the vendor serves this model now; raise AiError's kinds when it does not."""
        ...

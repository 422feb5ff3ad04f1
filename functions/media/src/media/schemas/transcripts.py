"""Transcripts, as the API takes and answers them."""

from typing import Literal
from uuid import UUID

from pydantic import Field, model_validator

from lodestar.api import ReadModel, WriteModel


class Cue(WriteModel):
    """One timed line, in milliseconds from the start."""

    start_ms: int = Field(ge=0, examples=[0])
    end_ms: int = Field(gt=0, examples=[2400])
    text: str = Field(min_length=1, max_length=1000, examples=["Welcome to the first lesson."])

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "Cue":
        if self.end_ms <= self.start_ms:
            raise ValueError("a cue ends after it starts")
        return self


class TranscriptPatch(WriteModel):
    """A person's own words for what is said; they replace a model's and are never replaced by one."""

    text: str = Field(min_length=1, max_length=200_000, examples=["Welcome to the first lesson. Today ..."])
    language: str = Field(default="en", pattern="^[a-z]{2}(-[A-Z]{2})?$")
    cues: list[Cue] | None = Field(default=None, max_length=20_000, description="Timed lines for captions")


class TranscriptRead(ReadModel):
    """What is said in the asset. `source` is `model`, `person`, or `none` while there is no text."""

    asset_id: UUID
    state: Literal["pending", "ready", "failed"]
    text: str
    language: str | None
    source: Literal["model", "person", "none"]
    model: str | None
    problem_detail: str | None
    version: int

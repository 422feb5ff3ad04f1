"""Assessments and their tier templates on the wire."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from assessment.schemas.common import (
    Percent,
    Text,
    Title,
)
from lodestar.api import (
    PatchModel,
    RowRead,
    WriteModel,
)
from lodestar.contracts.assessment import AssessmentKind
from lodestar.contracts.learning import Tier

Count = Annotated[int, Field(ge=1, le=50)]
Seconds = Annotated[int, Field(ge=60, le=14_400)]

DEFAULTS: dict[AssessmentKind, dict[str, int]] = {
    AssessmentKind.INITIAL: {"question_count": 10, "passing_score": 0},
    AssessmentKind.QUIZ: {"question_count": 10, "passing_score": 70},
    AssessmentKind.PROMOTION_EXAM: {"question_count": 25, "passing_score": 80, "time_limit_seconds": 2700},
    AssessmentKind.PROJECT: {"passing_score": 70, "max_attempts": 3},
    AssessmentKind.INTERVIEW: {
        "question_count": 5,
        "passing_score": 70,
        "time_limit_seconds": 300,
        "max_attempts": 3,
        "attempt_window_days": 7,
    },
}
"""D-01 to D-05 and X-01; an initial assessment only measures, so everybody passes it."""

SHORTEST_INTERVIEW, LONGEST_INTERVIEW = 60, 300


def check_time_limit(kind: str, time_limit_seconds: int | None) -> None:
    """Raises ValueError: an interview lasts 60 to 300 seconds (X-01)."""
    if kind != AssessmentKind.INTERVIEW:
        return
    if time_limit_seconds is None or not SHORTEST_INTERVIEW <= time_limit_seconds <= LONGEST_INTERVIEW:
        raise ValueError("an interview's time_limit_seconds is between 60 and 300")


class AssessmentCreate(WriteModel):
    """A new assessment: of a module, or the promotion exam of a program. Limits left out are the usual ones."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "initial",
                    "title": "Numbers and what they say",
                    "module_id": "0199f3c2-0000-7000-8000-000000000001",
                    "bank_id": "0199f3c2-0000-7000-8000-000000000002",
                },
                {
                    "kind": "promotion_exam",
                    "title": "From one tier to the next",
                    "program_id": "0199f3c2-0000-7000-8000-000000000003",
                },
            ]
        }
    )

    kind: AssessmentKind
    title: Title
    description: Text = ""
    instructions: Text = ""
    program_id: UUID | None = None
    module_id: UUID | None = None
    bank_id: UUID | None = Field(default=None, description="Its items; for a quiz, the course's generic ones")
    rubric_id: UUID | None = None
    question_count: Count | None = None
    passing_score: Percent | None = None
    time_limit_seconds: Seconds | None = None
    max_attempts: Count | None = None
    attempt_window_days: Count | None = None

    @model_validator(mode="after")
    def belongs_somewhere(self) -> "AssessmentCreate":
        """A promotion exam belongs to a program, everything else to a module."""
        if self.kind is AssessmentKind.PROMOTION_EXAM:
            if self.program_id is None or self.module_id is not None:
                raise ValueError("a promotion_exam has a program_id and no module_id")
        elif self.module_id is None:
            raise ValueError(f"a {self.kind} has a module_id")
        if self.kind is AssessmentKind.INITIAL and self.bank_id is None:
            raise ValueError("an initial assessment has a bank_id")
        for name, value in DEFAULTS[self.kind].items():
            if getattr(self, name) is None:
                setattr(self, name, value)
        check_time_limit(self.kind, self.time_limit_seconds)
        return self


class AssessmentPatch(PatchModel):
    """Changes to an assessment. Attempts already made keep their limits."""

    may_be_null: ClassVar[frozenset[str]] = frozenset(
        {"bank_id", "rubric_id", "time_limit_seconds", "max_attempts", "attempt_window_days"}
    )

    title: Title | None = None
    description: Text | None = None
    instructions: Text | None = None
    bank_id: UUID | None = None
    rubric_id: UUID | None = None
    question_count: Count | None = None
    passing_score: Percent | None = None
    time_limit_seconds: Seconds | None = None
    max_attempts: Count | None = None
    attempt_window_days: Count | None = None
    active: bool | None = None


class AssessmentRead(RowRead):
    """An assessment. A limit that is null does not apply."""

    kind: AssessmentKind
    title: str
    description: str
    instructions: str
    program_id: UUID | None
    module_id: UUID | None
    bank_id: UUID | None
    rubric_id: UUID | None
    question_count: int | None
    passing_score: float
    time_limit_seconds: int | None
    max_attempts: int | None
    attempt_window_days: int | None
    active: bool


class TierTemplateWrite(WriteModel):
    """How the assessment differs at a tier (JR-20); for a promotion exam, the bank of the tier aimed at."""

    bank_id: UUID | None = None
    prompt_template_id: UUID | None = None
    guidance: Text = Field(default="", examples=["Ask about choices between two sound options."])
    question_count: Count | None = None
    passing_score: Percent | None = None


class TierTemplateRead(RowRead):
    """A tier template. What is null is as the assessment says."""

    assessment_id: UUID
    tier: Tier
    bank_id: UUID | None
    prompt_template_id: UUID | None
    guidance: str
    question_count: int | None
    passing_score: float | None

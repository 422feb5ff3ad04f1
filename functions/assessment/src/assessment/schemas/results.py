"""The outcome of an attempt on the wire: here, and only here, what was right."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from assessment.rules.states import State
from lodestar.api import ReadModel
from lodestar.contracts.assessment import AssessmentKind
from lodestar.contracts.learning import Tier


class AnsweredRead(ReadModel):
    """One question, what was chosen, and what was right and why. `quote` is the passage that proves it."""

    id: str
    stem: str
    options: list[str]
    chosen: int | None
    answer: int
    correct: bool
    explanation: str
    quote: str | None
    source: str


class CriterionResultRead(ReadModel):
    """The points of one criterion and the passage of the work that earned them; `location` is a file, or null."""

    key: str
    title: str
    points: float
    possible: float
    quote: str | None
    location: str | None
    verified: bool
    comment: str


class RulingRead(ReadModel):
    """What a person ruled."""

    outcome: str
    score: float
    feedback: str
    created_at: datetime


class ResultRead(ReadModel):
    """How an attempt ended, with everything that explains it."""

    attempt_id: UUID
    kind: AssessmentKind
    state: State
    score: float
    passed: bool
    passing_score: float
    tier_used: Tier | None
    target_tier: Tier | None
    ended_at: datetime | None
    message: str
    graded_by: Literal["rules", "model", "person"]
    model: str | None
    summary: str
    questions: list[AnsweredRead]
    criteria: list[CriterionResultRead]
    decision: RulingRead | None

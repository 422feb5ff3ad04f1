"""What persons rule, on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from assessment.schemas.common import Percent
from lodestar.api import ReadModel, WriteModel

Words = Annotated[str, StringConstraints(min_length=1, max_length=5_000)]


class DecisionCreate(WriteModel):
    """A person's ruling on an attempt. Without `score`, the computed one stands as far as it fits the outcome."""

    outcome: Literal["approved", "rejected"]
    feedback: Words = Field(examples=["The second step shows the comparison that the rubric asks for."])
    score: Percent | None = Field(default=None, examples=[82])


class DecisionRead(ReadModel):
    """A ruling, by whom, and what it replaced."""

    id: UUID
    created_at: datetime
    attempt_id: UUID
    decided_by: UUID
    outcome: Literal["approved", "rejected"]
    score: float
    feedback: str
    previous: dict[str, Any]


class AppealDecisionCreate(WriteModel):
    """The answer to an appeal. Upheld without `score`, the attempt passes."""

    outcome: Literal["upheld", "dismissed"]
    answer: Words = Field(examples=["You are right: the passage on page two answers the question."])
    score: Percent | None = Field(
        default=None, examples=[75], description="The new score of an upheld appeal"
    )

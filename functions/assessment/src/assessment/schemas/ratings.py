"""Learners' ratings on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from lodestar.api import RowRead, WriteModel


class RatingWrite(WriteModel):
    """How relevant the work was to the learner: 1, not at all, to 5, very much."""

    rating: int = Field(ge=1, le=5, examples=[4])
    comment: Annotated[str, StringConstraints(max_length=2_000)] = Field(
        default="", examples=["Close to what I want to work on."]
    )


class RatingRead(RowRead):
    """A rating."""

    attempt_id: UUID
    learner_id: UUID
    rating: int
    comment: str
    rated_at: datetime

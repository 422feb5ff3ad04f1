"""Appeals on the wire."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from lodestar.api import (
    RowRead,
    WriteModel,
)

AppealState = Literal["open", "upheld", "dismissed"]


class AppealCreate(WriteModel):
    """Why the outcome is wrong, in the learner's words."""

    attempt_id: UUID
    reason: Annotated[str, StringConstraints(min_length=10, max_length=5_000)] = Field(
        examples=["The quote under 'States the problem' is from another paragraph."]
    )


class AppealRead(RowRead):
    """An appeal and, once decided, its answer."""

    attempt_id: UUID
    learner_id: UUID
    reason: str
    state: AppealState
    decided_at: datetime | None
    answer: str | None

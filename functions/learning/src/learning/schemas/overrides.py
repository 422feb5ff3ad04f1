"""Overrides on the wire."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from learning.schemas.common import Text
from lodestar.api import ReadModel, WriteModel
from lodestar.contracts.learning import Tier


class OverridePreviewCreate(WriteModel):
    """A star, a tier or both that staff think of giving a learner. What it leaves out stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"enrollment_id": "0199f3c2-0000-7000-8000-000000000001", "star": 2}]}
    )

    enrollment_id: UUID
    star: int | None = Field(default=None, ge=0, le=5)
    tier: Tier | None = None
    issue_credentials: bool = Field(
        default=False,
        description="With the last star: let the program count as completed for credentials (X-47)",
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.star is None and self.tier is None:
            raise ValueError("give a star, a tier or both")
        return self


class OverrideCreate(OverridePreviewCreate):
    """Set a learner's star, tier or both (JR-51). What it leaves out stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "enrollment_id": "0199f3c2-0000-7000-8000-000000000001",
                    "star": 2,
                    "reason": "Credit for the programme of another institution.",
                }
            ]
        }
    )

    reason: Text = Field(min_length=1, examples=["Credit for the programme of another institution."])


class OverridePreview(ReadModel):
    """What an override would do, in words; nothing was changed.

    `star` is what stands in the end: evidence that the learner has already may earn more than is given.
    """

    enrollment_id: UUID
    old_star: int
    star: int
    old_tier: Tier | None
    tier: Tier | None
    opened: list[UUID] = Field(description="Modules")
    locked: list[UUID] = Field(description="Modules")
    warning: str = Field(examples=["This opens: Show your work."])
    consequences: list[str] = Field(
        description="All of it, sentence by sentence",
        examples=[["This opens: Show your work.", "No credential is issued by this."]],
    )


class OverrideRead(ReadModel):
    """What was decided, and by whom."""

    id: UUID
    enrollment_id: UUID
    decided_by: UUID
    reason: str
    old_star: int
    new_star: int
    old_tier: Tier | None
    new_tier: Tier | None
    created_at: datetime


class OverrideMade(OverrideRead):
    """What was decided and what follows: the modules that it opens and locks, with a warning for staff."""

    opened: list[UUID]
    locked: list[UUID]
    warning: str

"""Overrides on the wire."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from learning.schemas.common import Text
from lodestar.api import ReadModel, WriteModel
from lodestar.contracts.learning import Tier


class OverrideCreate(WriteModel):
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

    enrollment_id: UUID
    star: int | None = Field(default=None, ge=0, le=5)
    tier: Tier | None = None
    reason: Text = Field(min_length=1, examples=["Credit for the programme of another institution."])
    issue_credentials: bool = Field(
        default=False,
        description="With the last star: let the program count as completed for credentials (X-47)",
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.star is None and self.tier is None:
            raise ValueError("give a star, a tier or both")
        return self


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

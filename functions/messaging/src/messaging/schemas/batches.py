"""Batches, as the API takes and answers them."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from lodestar.api import ReadModel, RowRead, WriteModel
from lodestar.contracts.learning import Tier
from lodestar.contracts.messaging import Category, Channel
from lodestar.principal import Role

MOST_LISTED = 100_000


class Segment(WriteModel):
    """Members: those of a role, those on a program, or those of a list. Exactly one of the three."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"role": "learner"},
                {"program_id": "01980000-0000-7000-8000-000000000001"},
                {"user_ids": ["01980000-0000-7000-8000-000000000001"]},
            ]
        }
    )

    role: Role | None = Field(None, examples=["learner"])
    program_id: UUID | None = None
    enrollment_status: Literal["active", "completed", "withdrawn"] | None = None
    tier: Tier | None = None
    user_ids: list[UUID] | None = Field(None, min_length=1, max_length=MOST_LISTED)

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum(kind is not None for kind in (self.role, self.program_id, self.user_ids)) != 1:
            raise ValueError("give one of role, program_id and user_ids")
        if self.program_id is None and (self.enrollment_status or self.tier):
            raise ValueError("enrollment_status and tier need a program_id")
        return self

    def as_stored(self) -> dict[str, Any]:
        """JSON of what is given; a list without repetitions."""
        given = self.model_dump(mode="json", exclude_none=True)
        if "user_ids" in given:
            given["user_ids"] = sorted(set(given["user_ids"]))
        return given


class BatchCreate(WriteModel):
    """One template to a segment. With `dry_run` nothing is sent: the answer says to how many it would go."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "channel": "email",
                    "template_key": "import-day-1",
                    "variables": {
                        "program_title": "Job Readiness",
                        "action_url": "https://example.org/apply",
                    },
                    "segment": {"role": "learner"},
                }
            ]
        }
    )

    channel: Channel = Field(examples=["email"])
    template_key: str = Field(min_length=1, max_length=100, examples=["import-day-1"])
    variables: dict[str, Any] = Field(
        default_factory=dict,
        max_length=50,
        examples=[{"program_title": "Job Readiness", "action_url": "https://example.org/apply"}],
    )
    segment: Segment
    dry_run: bool = False


class BatchCounts(ReadModel):
    """What became of the recipients: `waiting` ones are still to be sent, or are waited for."""

    sent: int
    failed: int
    skipped: int
    waiting: int


class BatchRead(RowRead):
    """A batch. `total` is how many recipients were found so far; of a listed segment the list is not repeated."""

    channel: Channel
    category: Category
    template_key: str
    segment: dict[str, Any]
    state: Literal["pending", "expanding", "sending", "completed", "failed"]
    total: int
    counts: BatchCounts
    operation_id: UUID
    completed_at: datetime | None


class BatchPreviewRead(ReadModel):
    """To how many it would go. Preferences, suppressions and caps are looked at when it is sent."""

    recipients: int
    category: Category
    locale: str


class BatchAccepted(ReadModel):
    """A batch that has begun; `GET /v1/identity/operations/{operation_id}` tells how far it is."""

    operation_id: UUID
    batch_id: UUID

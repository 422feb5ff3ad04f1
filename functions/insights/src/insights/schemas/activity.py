"""Activity on the wire."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from insights.rules.activity import Verb
from lodestar.api import ReadModel

__all__ = ["ActivityRead", "Verb"]


class ActivityRead(ReadModel):
    """An event, in xAPI's shape. `text` tells it; who has left the organization has no name."""

    id: UUID
    occurred_at: datetime
    actor_id: UUID = Field(description="The learner")
    actor_name: str | None = Field(examples=["Ada Lovelace"])
    verb: Verb = Field(examples=["earned_star"])
    object_type: str = Field(examples=["enrollment"])
    object_id: UUID
    program_id: UUID | None
    program_title: str | None
    result: dict[str, Any] = Field(examples=[{"star": 2}])
    context: dict[str, Any]
    text: str = Field(examples=["Ada Lovelace earned star 2 on Job Readiness"])

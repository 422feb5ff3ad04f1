"""What the state machine hands from step to step."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel


class Step(BaseModel):
    """An asset under one execution's claim."""

    org_id: UUID
    correlation_id: str
    asset_id: UUID
    execution: str


class Finish(Step):
    """How transcribing ended; `none` when no speech was wanted."""

    speech: Literal["ready", "failed", "none"]

"""What the steps of grading are given, and answer."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel


class GradingStep(BaseModel):
    """One step on one attempt. `execution` names the state machine's execution, which holds the attempt."""

    org_id: UUID
    attempt_id: UUID
    execution: str


class VideoStep(GradingStep):
    """`started_at`: when the execution began to wait for the recording."""

    started_at: AwareDatetime


class OpinionStep(GradingStep):
    """`turn` counts opinions from 1."""

    turn: int


class FailStep(GradingStep):
    """`error` is the class name of what no step could handle."""

    error: str


class Claimed(BaseModel):
    """What was handed in; None when the attempt is not this execution's to grade."""

    submission_kind: str | None = None


class Fetched(BaseModel):
    """What the machine does next: grade it, come back, leave it to a person, or nothing, as it was refused."""

    status: Literal["ready", "waiting", "unreadable", "refused"]


class Opined(BaseModel):
    """Whether another strategy should be asked as well."""

    second_opinion: bool

"""The states of an attempt (DOMAINS.md, C2a)."""

from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """Where an attempt stands."""

    PREPARING = "preparing"
    DRAFT = "draft"
    IN_PROGRESS = "in_progress"
    SUBMITTED = "submitted"
    GRADING = "grading"
    NEEDS_REVIEW = "needs_review"
    GRADED = "graded"
    DECIDED = "decided"
    FAILED = "failed"
    EXPIRED = "expired"


OPEN = frozenset(
    {State.PREPARING, State.DRAFT, State.IN_PROGRESS, State.SUBMITTED, State.GRADING, State.NEEDS_REVIEW}
)
HANDED_IN = frozenset({State.SUBMITTED, State.GRADING, State.NEEDS_REVIEW, State.GRADED, State.DECIDED})
SCORED = frozenset({State.GRADED, State.DECIDED})


def is_over(state: str, deadline_at: datetime | None, *, now: datetime) -> bool:
    """Whether the attempt's time ran out before anything was handed in."""
    return state == State.IN_PROGRESS and deadline_at is not None and now > deadline_at

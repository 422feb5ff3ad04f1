"""What those who review see of an attempt, on the wire."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from lodestar.api import ReadModel


class OpinionRead(ReadModel):
    """What one run of grading found. `criteria`, on one attempt, holds the passage behind every point."""

    run: int
    strategy: str
    source: str
    model: str
    prompt_version: str
    score: float
    passed: bool
    counts: bool
    doubts: list[str]
    criteria: list[dict[str, Any]] = Field(default_factory=list)


class AppealSummaryRead(ReadModel):
    """The learner's appeal."""

    id: UUID
    state: str
    reason: str
    created_at: datetime
    answer: str | None


class ReviewSummaryRead(ReadModel):
    """Whose attempt it is, what models made of it, and why and since when it waits for a person, if it does."""

    learner_name: str | None
    program_title: str | None
    reason: str | None
    reason_label: str | None
    waiting_since: datetime | None
    opinions: list[OpinionRead]
    signals: list[str]
    appeal: AppealSummaryRead | None


class EvidenceRead(ReadModel):
    """All that a decision rests on. `signals` hold the passages that address a grader; `links` lead to the work."""

    learner_name: str | None
    program_title: str | None
    reason: str | None
    reason_label: str | None
    waiting_since: datetime | None
    rubric: dict[str, Any] | None
    opinions: list[OpinionRead]
    signals: list[dict[str, Any]]
    appeal: AppealSummaryRead | None
    decisions: list[dict[str, Any]]
    links: list[dict[str, str]]
    left_out: list[dict[str, Any]]
    ai_runs: list[dict[str, Any]]

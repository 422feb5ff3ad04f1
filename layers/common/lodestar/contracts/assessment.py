"""What assessment tells: attempts, their states and outcomes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime
from sqlalchemy import text
from sqlalchemy.orm import Session

from lodestar.contracts.learning import Tier
from lodestar.events import Event


class AssessmentKind(StrEnum):
    """What is attempted."""

    INITIAL = "initial"
    QUIZ = "quiz"
    PROMOTION_EXAM = "promotion_exam"
    PROJECT = "project"
    INTERVIEW = "interview"


class ContentRequested(Event):
    """An attempt waits for its questions or its project (state `preparing`)."""

    name: ClassVar[str] = "assessment.content_requested"
    attempt_id: UUID
    kind: AssessmentKind
    generation: int


class AttemptSubmitted(Event):
    """Work was handed in and waits for its grade."""

    name: ClassVar[str] = "assessment.attempt_submitted"
    attempt_id: UUID
    kind: AssessmentKind
    submission_kind: str


class AttemptOutcome(Event):
    """The fields that tell how an attempt ended. `score` is in percent, 0 to 100."""

    attempt_id: UUID
    enrollment_id: UUID
    learner_id: UUID
    kind: AssessmentKind
    module_id: UUID | None
    lesson_id: UUID | None
    tier_used: Tier | None
    target_tier: Tier | None
    star: int | None
    score: float
    passed: bool


class AttemptGraded(AttemptOutcome):
    """Our code computed a score from evidence, and nothing about it is doubtful."""

    name: ClassVar[str] = "assessment.attempt_graded"


class AttemptDecided(AttemptOutcome):
    """A person ruled on the attempt; this replaces its grade."""

    name: ClassVar[str] = "assessment.attempt_decided"


class ReviewNeeded(Event):
    """An attempt waits for a person. `reason` is `integrity`, `disagreement`, `no_model`, `attempts_used`, ..."""

    name: ClassVar[str] = "assessment.review_needed"
    attempt_id: UUID
    learner_id: UUID
    kind: AssessmentKind
    reason: str


class AttemptFailed(Event):
    """An attempt ended without a grade through no fault of the learner, who may begin again; `detail` says how."""

    name: ClassVar[str] = "assessment.attempt_failed"
    attempt_id: UUID
    learner_id: UUID
    kind: AssessmentKind
    code: str
    detail: str


class AppealDecided(Event):
    """A learner's appeal was upheld or dismissed."""

    name: ClassVar[str] = "assessment.appeal_decided"
    appeal_id: UUID
    attempt_id: UUID
    learner_id: UUID
    upheld: bool


class AttemptRated(Event):
    """A learner said how relevant what they handed in was, from 1 to 5; a later rating replaces the one before."""

    name: ClassVar[str] = "assessment.attempt_rated"
    attempt_id: UUID
    enrollment_id: UUID
    learner_id: UUID
    program_id: UUID
    background_id: UUID | None
    kind: AssessmentKind
    rating: int
    rated_at: AwareDatetime


class PreviewRequested(Event):
    """Staff asked for a sample of what a draft of theirs would give learners."""

    name: ClassVar[str] = "assessment.preview_requested"
    preview_id: UUID


class AiFailing(Event):
    """Calls to models fail more than D-06 allows: 3 in 15 minutes, or over 5 % of an hour's."""

    name: ClassVar[str] = "assessment.ai_failing"
    failures: int
    calls: int
    window_minutes: int


@dataclass(frozen=True, slots=True)
class AttemptSummary:
    """An attempt as a progress page shows it."""

    attempt_id: UUID
    enrollment_id: UUID
    kind: AssessmentKind
    assessment_id: UUID
    module_id: UUID | None
    lesson_id: UUID | None
    state: str
    source: str | None
    tier_used: Tier | None
    star: int | None
    target_tier: Tier | None
    score: float | None
    passed: bool | None
    created_at: datetime
    ended_at: datetime | None


def attempts_of(session: Session, *, learner_id: UUID, enrollment_id: UUID) -> list[AttemptSummary]:
    """The enrollment's attempts, newest first; at most 500."""
    query = """
        SELECT attempt_id, enrollment_id, kind, assessment_id, module_id, lesson_id, state, source, tier_used, star,
               target_tier, score, passed, created_at, ended_at
        FROM assessment.v_attempts WHERE enrollment_id = :enrollment AND learner_id = :learner
        ORDER BY created_at DESC, attempt_id DESC LIMIT 500
    """
    rows = session.execute(text(query), {"enrollment": enrollment_id, "learner": learner_id})
    return [_summary(row._asdict()) for row in rows]


def is_background(session: Session, background_id: UUID) -> bool:
    """Whether learners of the reader's organization may choose this background now."""
    query = "SELECT EXISTS (SELECT FROM assessment.v_backgrounds WHERE background_id = :id)"
    return bool(session.scalar(text(query), {"id": background_id}))


def _summary(fields: dict[str, object]) -> AttemptSummary:
    fields["kind"] = AssessmentKind(str(fields["kind"]))
    for name in ("tier_used", "target_tier"):
        fields[name] = Tier(str(fields[name])) if fields[name] else None
    score = fields["score"]
    fields["score"] = None if score is None else float(str(score))
    return AttemptSummary(**fields)  # type: ignore[arg-type]

"""An attempt as a screen shows it (JR-62)."""

from typing import Any

from assessment.models.attempts import Attempt
from assessment.rules.attempts import REGENERATIONS
from assessment.rules.states import State
from assessment.rules.wording import DIFFICULTIES, SOURCES, state_message
from assessment.schemas.attempts import SHOWN_BEFORE_START, AttemptRead, AttemptSummaryRead
from assessment.schemas.reviews import EvidenceRead
from assessment.schemas.rubrics import CriterionRead


def shown(attempt: Attempt, *, evidence: EvidenceRead | None = None) -> AttemptRead:
    """The attempt as it stands now, with the texts that belong to it; what is timed is not shown before its start."""
    summary = AttemptSummaryRead.model_validate(attempt)
    state = summary.state
    made = state != State.PREPARING
    visible = made and (attempt.started_at is not None or attempt.kind in SHOWN_BEFORE_START)
    changeable = attempt.kind in SHOWN_BEFORE_START and state in (State.PREPARING, State.DRAFT)
    return AttemptRead(
        **summary.model_dump(),
        background_id=attempt.background_id,
        message=state_message(state, attempt.failure_detail),
        submission_kind=attempt.submission_kind,
        source_label=SOURCES.get(attempt.source or ""),
        model=attempt.model,
        provenance=attempt.provenance,
        difficulty=DIFFICULTIES.get(attempt.target_tier or attempt.tier_used or ""),
        question_count=attempt.question_count,
        time_limit_seconds=attempt.time_limit_seconds,
        content=attempt.content if visible else None,
        criteria=[CriterionRead(**_readable(c)) for c in (attempt.rubric or {}).get("criteria", [])],
        draft=attempt.draft,
        submission=attempt.submission,
        regenerations_left=max(0, REGENERATIONS - attempt.generation) if changeable else 0,
        feedback=attempt.feedback,
        failure_code=attempt.failure_code,
        evidence=evidence,
    )


def _readable(criterion: dict[str, Any]) -> dict[str, Any]:
    return {name: criterion[name] for name in ("key", "title", "description", "weight")}

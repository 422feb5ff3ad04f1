"""One queue for everything that a model graded or that waits for a person (JR-45, X-12)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from assessment.models.attempts import Attempt
from assessment.models.grading import GradeEvidence
from assessment.repository import reviews as repository
from assessment.rules.grading import HIGHEST_LEVEL
from assessment.rules.states import State
from assessment.rules.wording import REVIEW_REASONS
from assessment.schemas.attempts import AttemptSummaryRead
from assessment.schemas.reviews import AppealSummaryRead, EvidenceRead, OpinionRead, ReviewSummaryRead
from lodestar.contracts import identity


def reviewable(session: Session, attempts: Sequence[Attempt], *, reader_id: UUID) -> list[AttemptSummaryRead]:
    """A page of attempts with what a reviewer's list shows beside each; not beside the reader's own."""
    others = [attempt.id for attempt in attempts if attempt.learner_id != reader_id]
    beside = repository.beside(session, others)
    told = []
    for attempt in attempts:
        summary = AttemptSummaryRead.model_validate(attempt)
        row = beside.get(attempt.id)
        if row is not None:
            summary.review = ReviewSummaryRead(
                **_common(attempt, row), opinions=_opinions(row), signals=row.signals or []
            )
        told.append(summary)
    return told


def evidence(session: Session, attempt: Attempt) -> EvidenceRead | None:
    """All that a decision on this attempt rests on; bounded, whatever happened to it."""
    row = repository.beside(session, [attempt.id]).get(attempt.id)
    if row is None:
        return None
    work = repository.work_of(session, attempt.id)
    return EvidenceRead(
        **_common(attempt, row),
        rubric=attempt.rubric,
        opinions=_with_criteria(session, attempt, _opinions(row)),
        signals=[
            {"kind": sign.kind, "passages": sign.detail.get("passages", [])}
            for sign in repository.signals_of(session, attempt.id)
        ],
        decisions=_decisions(session, attempt),
        links=links_to(attempt.submission or {}),
        left_out=work[1] if work else [],
        ai_runs=[_run(run) for run in repository.runs_of(session, attempt.id)],
    )


def links_to(submission: dict[str, Any]) -> list[dict[str, str]]:
    """Where the work itself is: the repository at the commit that is graded, or the recording."""
    if submission.get("kind") == "repository":
        commit = submission.get("commit_sha")
        url = f"https://github.com/{submission['owner']}/{submission['name']}"
        return [{"label": "Repository", "url": f"{url}/tree/{commit}" if commit else url}]
    if submission.get("kind") == "video":
        return [{"label": "Recording", "url": f"/v1/media/assets/{submission['asset_id']}"}]
    return []


def _common(attempt: Attempt, row: Row[Any]) -> dict[str, Any]:
    is_appealed = row.appeal_state == "open"
    reason = "appeal" if is_appealed else attempt.review_reason
    return {
        "learner_name": row.learner_name,
        "program_title": row.program_title,
        "reason": reason,
        "reason_label": REVIEW_REASONS.get(reason or ""),
        "waiting_since": _waiting_since(attempt, row.appealed_at if is_appealed else None),
        "appeal": AppealSummaryRead(
            id=row.appeal_id,
            state=row.appeal_state,
            reason=row.appeal_reason,
            created_at=row.appealed_at,
            answer=row.appeal_answer,
        )
        if row.appeal_id
        else None,
    }


def _waiting_since(attempt: Attempt, appealed_at: datetime | None) -> datetime | None:
    """Nothing writes to an attempt that waits for a person, so its last change is when its wait began."""
    return appealed_at or (attempt.updated_at if attempt.state == State.NEEDS_REVIEW else None)


def _opinions(row: Row[Any]) -> list[OpinionRead]:
    return [OpinionRead(**opinion) for opinion in row.opinions or []]


def _with_criteria(session: Session, attempt: Attempt, opinions: list[OpinionRead]) -> list[OpinionRead]:
    titles = {entry["key"]: entry["title"] for entry in (attempt.rubric or {}).get("criteria", [])}
    by_run: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for run, found in repository.evidence_of(session, attempt.id):
        by_run[run].append(_criterion(found, titles))
    for opinion in opinions:
        opinion.criteria = by_run[opinion.run]
    return opinions


def _criterion(found: GradeEvidence, titles: dict[str, str]) -> dict[str, Any]:
    return {
        "key": found.criterion,
        "title": titles.get(found.criterion, found.criterion),
        "level": round(HIGHEST_LEVEL * found.points / found.possible),
        "points": float(found.points),
        "possible": float(found.possible),
        "quote": found.quote,
        "location": found.location,
        "verified": found.verified,
        "comment": found.comment,
    }


def _decisions(session: Session, attempt: Attempt) -> list[dict[str, Any]]:
    ruled = repository.decisions_of(session, attempt.id)
    people = identity.members(session, [decision.decided_by for decision in ruled]) if ruled else {}
    return [
        {
            "id": str(decision.id),
            "outcome": decision.outcome,
            "score": float(decision.score),
            "feedback": decision.feedback,
            "decided_by": str(decision.decided_by),
            "decided_by_name": person.display_name if (person := people.get(decision.decided_by)) else None,
            "created_at": decision.created_at.isoformat(),
            "previous": decision.previous,
        }
        for decision in ruled
    ]


def _run(run: Row[Any]) -> dict[str, Any]:
    return {
        "id": str(run.id),
        "purpose": run.purpose,
        "model": run.model,
        "prompt_version": run.prompt_version,
        "outcome": run.outcome,
        "created_at": run.created_at.isoformat(),
    }

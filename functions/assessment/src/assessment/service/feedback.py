"""What a learner reads about a grade: who gave it, and what each criterion rests on (JR-38, JR-45)."""

from typing import Any

from sqlalchemy.orm import Session

from assessment.models.attempts import Attempt
from assessment.models.grading import Grade
from assessment.repository import grading as repository
from assessment.rules.wording import result_message


def feedback_of(session: Session, attempt: Attempt, grade: Grade) -> dict[str, Any]:
    """The feedback as the attempt keeps it; criteria in the rubric's order."""
    rows = {row.criterion: row for row in repository.evidence_of(session, grade.id)}
    criteria = [
        {
            "key": row.criterion,
            "title": entry["title"],
            "points": float(row.points),
            "possible": float(row.possible),
            "quote": row.quote,
            "location": row.location,
            "comment": row.comment,
        }
        for entry in (attempt.rubric or {}).get("criteria", [])
        if (row := rows.get(entry["key"])) is not None
    ]
    return {
        "summary": result_message(attempt.kind, passed=grade.passed, tier=attempt.tier_used),
        "graded_by": {"source": grade.source, "model": grade.model},
        "criteria": criteria,
    }

"""What a learner was given before, and how much they are to be given now."""

from typing import Any

from sqlalchemy.orm import Session

from assessment.models.attempts import Attempt
from assessment.models.backgrounds import BackgroundProfile
from assessment.repository import attempts


def contents_before(session: Session, attempt: Attempt) -> list[dict[str, Any]]:
    """What earlier attempts, and earlier generations of this one, asked."""
    own = [attempt.content] if attempt.content else []
    return own + attempts.asked_before(session, attempt)


def questions_before(session: Session, attempt: Attempt) -> list[str]:
    return [q["text"] for content in contents_before(session, attempt) for q in content["questions"]]


def question_count(attempt: Attempt, profile: BackgroundProfile | None) -> int:
    configured = profile.config.get("question_count") if profile else None
    return int(configured or attempt.question_count or 0)

"""A project or interview questions: what a model made, else what people wrote (JR-36, JR-41), and the rubric."""

from collections import Counter
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from assessment.models.attempts import Attempt
from assessment.models.backgrounds import BackgroundProfile
from assessment.models.rubrics import Rubric
from assessment.repository import generation as repository
from assessment.rules import tasks
from assessment.rules.grading_prompts import GRADING_PURPOSES
from assessment.rules.tasks import Question
from assessment.schemas.generation import Made
from assessment.service import task_history


def project(session: Session, attempt: Attempt, made: Made) -> bool:
    """Give the attempt its project and the rubric that goes with it; False when there is none."""
    body, source = (made.values[0], "model") if made.values else (_written_project(session, attempt), "bank")
    if body is None:
        return False
    profile = next((p for p in repository.profiles(session, attempt) if p.type == body["type"]), None)
    if not _pin_rubric(session, attempt, profile):
        return False
    attempt.content = body | {"submission_kind": attempt.submission_kind}
    attempt.source, attempt.model = source, made.model if source == "model" else None
    attempt.provenance = {"items": {source: 1}, "dropped": made.dropped}
    return True


def interview(session: Session, attempt: Attempt, made: Made) -> bool:
    """Give the attempt its questions, its limits and its rubric; False when there are too few questions."""
    profiles = repository.profiles(session, attempt)
    bank = [
        Question(text=entry["text"], type=entry["type"], source="bank")
        for row in repository.fallbacks(session, attempt, kind="interview_questions")
        for entry in row.body["questions"]
    ]
    profile = profiles[0] if profiles else None
    count = task_history.question_count(attempt, profile)
    types = [p.type for p in profiles] or list(dict.fromkeys(q.type for q in bank)) or ["general"]
    chosen = tasks.choose_questions(
        [Question(**value) for value in made.values],
        bank,
        wanted=tasks.shares(types, count),
        asked_before=task_history.questions_before(session, attempt),
    )
    if len(chosen) < count or not _pin_rubric(session, attempt, profile):
        return False
    content, key = tasks.questions_content(chosen)
    sources = Counter(question.source for question in chosen)
    attempt.source = "model" if sources["model"] else "bank"
    attempt.model = made.model if sources["model"] else None
    attempt.provenance = {"items": dict(sources), "dropped": made.dropped}
    config = profile.config if profile else {}
    attempt.question_count = count
    attempt.time_limit_seconds = config.get("time_limit_seconds") or attempt.time_limit_seconds
    attempt.content = content | {"time_limit_seconds": attempt.time_limit_seconds}
    attempt.answer_key = key
    return True


def _written_project(session: Session, attempt: Attempt) -> dict[str, Any] | None:
    """A project that the learner has not had, else the one whose turn it is."""
    rows = repository.fallbacks(session, attempt, kind="project")
    if not rows:
        return None
    had = {content["title"] for content in task_history.contents_before(session, attempt)}
    fresh = [row for row in rows if row.body["title"] not in had]
    chosen = fresh[0] if fresh else rows[(attempt.number - 1 + attempt.generation) % len(rows)]
    return {**chosen.body, "type": chosen.type}


def frozen(rubric: Rubric) -> dict[str, Any]:
    """The rubric as it stands now, for an attempt to keep."""
    return {
        "id": str(rubric.id),
        "key": rubric.key,
        "title": rubric.title,
        "version": rubric.version,
        "criteria": rubric.criteria,
    }


def _grading_prompts(session: Session, attempt: Attempt, owner_id: UUID) -> list[str]:
    """The revisions that will grade this, whatever is put into use meanwhile; none: our own words."""
    purpose = GRADING_PURPOSES[attempt.submission_kind]
    return [str(prompt.id) for prompt in repository.prompts(session, owner_id, purpose)]


def _pin_rubric(session: Session, attempt: Attempt, profile: BackgroundProfile | None) -> bool:
    """Copy the rubric that grades this, as it stands now, with the prompts in use, and the profile's pass mark if any."""
    rubric_id = profile.rubric_id if profile else repository.assessment_of(session, attempt).rubric_id
    rubric = repository.rubric(session, rubric_id)
    if rubric is None:
        return False
    attempt.rubric_id, attempt.rubric_version = rubric.id, rubric.version
    attempt.rubric = frozen(rubric) | {"prompts": _grading_prompts(session, attempt, rubric.org_id)}
    mark = profile.config.get("passing_score") if profile else None
    attempt.passing_score = attempt.passing_score if mark is None else Decimal(str(mark))
    return True

"""What to ask models for a quiz or a promotion exam: items from transcripts (JR-19, JR-49)."""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from assessment.models.attempts import Attempt
from assessment.repository import attempts
from assessment.repository import generation as repository
from assessment.rules.items import candidates, checked
from assessment.rules.wording import DIFFICULTIES
from assessment.schemas.generation import ItemsAnswer
from assessment.service import making
from lodestar.adapters.ai import Material, Purpose
from lodestar.contracts import learning, media
from lodestar.contracts.assessment import AssessmentKind
from lodestar.contracts.learning import Lesson

SPARE = 4
"""Items asked for beyond those needed: some are dropped."""

LONGEST_TRANSCRIPT = 60_000


def plan(session: Session, attempt: Attempt) -> list[making.Plan]:
    """What to ask models for; nothing when there is no transcript to ask about."""
    lessons = [attempt.lesson_id] if attempt.lesson_id else repository.quizzed_lessons(session, attempt)
    return plan_about(session, attempt, lessons, course_words=_course_words(session, attempt))


def plan_about(
    session: Session, attempt: Attempt, lesson_ids: Sequence[UUID], *, course_words: str
) -> list[making.Plan]:
    """The same, about these lessons; `course_words` is what the course's author wants asked (JR-03)."""
    materials, titles = _materials(session, lesson_ids)
    if not materials:
        return []
    owner = repository.assessment_of(session, attempt)
    template = repository.tier_template(session, attempt)
    wanted = attempt.question_count or 0
    purpose = Purpose.EXAM if attempt.kind == AssessmentKind.PROMOTION_EXAM else Purpose.QUIZ
    tier = attempt.target_tier or attempt.tier_used or ""
    prompts = making.prompts_for(
        session,
        owner_id=owner.org_id,
        purpose=purpose,
        first=template.prompt_template_id if template else None,
    )
    values: dict[str, object] = {
        "count": wanted + SPARE,
        "tier": tier,
        "difficulty": DIFFICULTIES.get(tier, "medium"),
        "title": ", ".join(titles),
        "guidance": "\n".join(filter(None, [template.guidance if template else "", course_words])),
    }
    asked = attempts.stems_before(session, attempt)
    text = "\n".join(material.text for material in materials)

    def accept(
        value: dict[str, Any], kept: list[dict[str, Any]]
    ) -> tuple[list[dict[str, Any]], Counter[str]]:
        before = [*asked, *(entry["stem"] for entry in kept)]
        good, dropped = checked(candidates(value), transcript=text, asked_before=before)
        return [dataclasses.asdict(entry) for entry in good], dropped

    alternatives = making.requests(
        prompts, purpose=purpose, values=values, schema=ItemsAnswer, materials=materials
    )
    return [making.Plan(requests=alternatives, accept=accept, wanted=wanted)]


def _course_words(session: Session, attempt: Attempt) -> str:
    if attempt.module_id is None:
        return ""
    course = learning.module_access(
        session,
        learner_id=attempt.learner_id,
        enrollment_id=attempt.enrollment_id,
        module_id=attempt.module_id,
    )
    return words_of(course.configuration if course else {})


def words_of(configuration: Mapping[str, Any]) -> str:
    """What a course's configuration adds to the prompt of its quizzes."""
    return configuration.get("ai_quiz_prompt_template") or ""


def _materials(session: Session, lesson_ids: Sequence[UUID]) -> tuple[list[Material], list[str]]:
    """The transcripts that items may be made from: the quiz's lesson, or for an exam those already quizzed."""
    lessons = [lesson for lesson_id in lesson_ids if (lesson := learning.lesson(session, lesson_id))]
    found = [(lesson, text) for lesson in lessons if (text := _transcript(session, lesson))]
    materials = [Material(label=f"transcript of {lesson.title}", text=text) for lesson, text in found]
    return materials, [lesson.title for lesson, _ in found]


def _transcript(session: Session, lesson: Lesson) -> str | None:
    transcript = media.transcript(session, lesson.asset_id) if lesson.asset_id else None
    if transcript is None or transcript.state != "ready" or not transcript.text.strip():
        return None
    return transcript.text[:LONGEST_TRANSCRIPT]

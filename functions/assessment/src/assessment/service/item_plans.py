"""What to ask models for a quiz or a promotion exam: items from transcripts (JR-19, JR-49)."""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from assessment.models.assessments import TierTemplate
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
    materials, titles = _materials(session, attempt)
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
        "guidance": _guidance(session, attempt, template),
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


def _guidance(session: Session, attempt: Attempt, template: TierTemplate | None) -> str:
    """What the authors of the tier and of the course (JR-03) want asked."""
    words = [template.guidance if template else ""]
    if attempt.module_id:
        course = learning.module_access(
            session,
            learner_id=attempt.learner_id,
            enrollment_id=attempt.enrollment_id,
            module_id=attempt.module_id,
        )
        words.append((course.configuration.get("ai_quiz_prompt_template") if course else None) or "")
    return "\n".join(filter(None, words))


def _materials(session: Session, attempt: Attempt) -> tuple[list[Material], list[str]]:
    """The transcripts that items may be made from: the quiz's lesson, or for an exam those already quizzed."""
    ids: Sequence[Any] = (
        [attempt.lesson_id] if attempt.lesson_id else repository.quizzed_lessons(session, attempt)
    )
    lessons = [lesson for lesson_id in ids if (lesson := learning.lesson(session, lesson_id))]
    found = [(lesson, text) for lesson in lessons if (text := _transcript(session, lesson))]
    materials = [Material(label=f"transcript of {lesson.title}", text=text) for lesson, text in found]
    return materials, [lesson.title for lesson, _ in found]


def _transcript(session: Session, lesson: Lesson) -> str | None:
    transcript = media.transcript(session, lesson.asset_id) if lesson.asset_id else None
    if transcript is None or transcript.state != "ready" or not transcript.text.strip():
        return None
    return transcript.text[:LONGEST_TRANSCRIPT]

"""Quizzes and promotion exams: items from transcripts by models, checked, and filled up from banks (JR-19, JR-49)."""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from assessment.models.assessments import Assessment, TierTemplate
from assessment.models.attempts import Attempt
from assessment.repository import attempts, banks
from assessment.repository import generation as repository
from assessment.rules import selection
from assessment.rules.items import Candidate, candidates, checked
from assessment.rules.wording import DIFFICULTIES
from assessment.schemas.generation import ItemsAnswer, Made
from assessment.service import making
from assessment.service.supplies import candidate_of
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
        "guidance": template.guidance if template else "",
    }
    asked = stems_before(session, attempt)
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


def stems_before(session: Session, attempt: Attempt) -> list[str]:
    """What earlier attempts at the same thing asked."""
    contents = attempts.asked_before(session, attempt)
    return [question["stem"] for content in contents for question in content["questions"]]


def settle(session: Session, attempt: Attempt, made: Made) -> bool:
    """Give the attempt its items; False when there are too few of any kind."""
    owner = repository.assessment_of(session, attempt)
    supply = _supply(session, attempt, owner, made)
    wanted = attempt.question_count or 0
    chosen = selection.select(
        supply,
        count=wanted,
        asked_before=stems_before(session, attempt),
        seed=f"{attempt.id}:{attempt.generation}",
    )
    if not selection.is_enough(attempt.kind, got=len(chosen), wanted=wanted):
        return False
    attempt.content, attempt.answer_key = selection.as_content(chosen)
    attempt.source = selection.source_of(chosen)
    attempt.model = made.model if attempt.source == "model" else None
    attempt.provenance = {"items": selection.counts(chosen), "dropped": made.dropped}
    return True


def _supply(session: Session, attempt: Attempt, owner: Assessment, made: Made) -> selection.Supply:
    tier = attempt.target_tier or attempt.tier_used or ""
    generated = [_restored(value, difficulty=DIFFICULTIES.get(tier)) for value in made.values]
    if attempt.kind == AssessmentKind.PROMOTION_EXAM:
        template: TierTemplate | None = repository.tier_template(session, attempt)
        bank_id = template.bank_id if template and template.bank_id else owner.bank_id
        pool = [candidate_of(item) for item in banks.active_items(session, bank_id)]
        return selection.Supply(generated=generated, fallback=pool)
    linked: dict[str, list[Candidate]] = {"required": [], "fallback": []}
    if attempt.lesson_id is not None:
        for role, item in banks.lesson_items(session, attempt.lesson_id, owner_id=owner.org_id):
            linked[role].append(candidate_of(item))
    generic = [candidate_of(item, source="generic") for item in banks.active_items(session, owner.bank_id)]
    return selection.Supply(
        required=linked["required"], generated=generated, fallback=linked["fallback"], generic=generic
    )


def _restored(value: dict[str, Any], *, difficulty: str | None) -> Candidate:
    return Candidate(**(value | {"options": tuple(value["options"]), "difficulty": difficulty}))


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

"""A quiz's or a promotion exam's items: what models made, filled up from the banks (JR-22)."""

from typing import Any

from sqlalchemy.orm import Session

from assessment.models.assessments import Assessment
from assessment.models.attempts import Attempt
from assessment.repository import attempts, banks
from assessment.repository import generation as repository
from assessment.rules import selection
from assessment.rules.items import Candidate
from assessment.rules.wording import DIFFICULTIES
from assessment.schemas.generation import Made
from assessment.service.supplies import candidate_of
from lodestar.contracts.assessment import AssessmentKind


def settle(session: Session, attempt: Attempt, made: Made) -> bool:
    """Give the attempt its items; False when there are too few of any kind."""
    owner = repository.assessment_of(session, attempt)
    supply = _supply(session, attempt, owner, made)
    wanted = attempt.question_count or 0
    chosen = selection.select(
        supply,
        count=wanted,
        asked_before=attempts.stems_before(session, attempt),
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
        template = repository.tier_template(session, attempt)
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

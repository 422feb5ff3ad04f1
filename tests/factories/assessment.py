"""Rows of the assessment domain, as tests need them: content by its writer, attempts in any state."""

import hashlib
from typing import Any
from uuid import UUID

from assessment.models.assessments import Assessment, TierTemplate
from assessment.models.attempts import Attempt
from assessment.models.backgrounds import Background, BackgroundProfile, FallbackContent
from assessment.models.items import Item, ItemBank, ItemLessonLink
from assessment.models.rubrics import Rubric
from lodestar.clock import now
from lodestar.db import work_for
from lodestar.ids import new_id

CRITERIA = [
    {
        "key": "problem",
        "title": "States the problem",
        "description": "Says what is wrong, for whom, and how it shows.",
        "weight": 40,
        "keywords": ["problem", "because"],
    },
    {
        "key": "solution",
        "title": "Proposes a solution",
        "description": "Says what to do, in which order, and why it helps.",
        "weight": 60,
        "keywords": ["solution", "first", "then"],
    },
]


def a_key(word: str) -> str:
    """A natural key that no other test uses."""
    return f"{word}-{new_id().hex}"


def a_bank(org_id: UUID, *, items: int = 12, word: str = "question") -> UUID:
    """A bank of `items` single-choice items; the right option of the nth is `n % 4` and says so."""
    with work_for(org_id) as session:
        bank = ItemBank(key=a_key("bank"), title="A bank")
        session.add(bank)
        session.flush()
        session.add_all(an_item(bank.id, nth, word=word) for nth in range(items))
        return bank.id


def an_item(bank_id: UUID, nth: int, *, word: str = "question") -> Item:
    """One item, not yet in a session."""
    right = nth % 4
    options = [f"{'right' if at == right else 'wrong'} answer {at} to {word} {nth}" for at in range(4)]
    return Item(
        bank_id=bank_id,
        key=f"item-{nth}",
        stem=f"Which answer to {word} {nth} is right?",
        options=options,
        answer=right,
        explanation=f"Because {word} {nth} says so.",
    )


def link_items(org_id: UUID, lesson_id: UUID, bank_id: UUID, *, role: str = "fallback") -> None:
    """Link every item of the bank to the lesson."""
    with work_for(org_id) as session:
        items = session.query(Item).filter(Item.bank_id == bank_id).order_by(Item.id)
        session.add_all(
            ItemLessonLink(lesson_id=lesson_id, item_id=item.id, position=at, role=role)
            for at, item in enumerate(items)
        )


def an_assessment(org_id: UUID, kind: str, **fields: Any) -> UUID:
    """An assessment; `fields` are columns and win over what is usual for the kind."""
    usual: dict[str, Any] = {"title": f"A {kind}", "passing_score": 70}
    if kind in ("initial", "quiz"):
        usual |= {"question_count": 10}
    if kind == "promotion_exam":
        usual |= {"question_count": 25, "passing_score": 80, "time_limit_seconds": 2700}
    if kind == "project":
        usual |= {"max_attempts": 3}
    if kind == "interview":
        usual |= {"question_count": 5, "time_limit_seconds": 300, "max_attempts": 3, "attempt_window_days": 7}
    with work_for(org_id) as session:
        row = Assessment(kind=kind, **(usual | fields))
        session.add(row)
        session.flush()
        return row.id


def a_tier_template(org_id: UUID, assessment_id: UUID, tier: str, **fields: Any) -> None:
    """How the assessment differs at the tier."""
    with work_for(org_id) as session:
        session.add(TierTemplate(assessment_id=assessment_id, tier=tier, **fields))


def a_rubric(org_id: UUID, criteria: list[dict[str, Any]] | None = None) -> UUID:
    """A rubric of two criteria that weigh 40 and 60."""
    with work_for(org_id) as session:
        row = Rubric(key=a_key("rubric"), title="A rubric", criteria=criteria or CRITERIA)
        session.add(row)
        session.flush()
        return row.id


def a_background(
    org_id: UUID, *, submission_kind: str = "text", tiers: tuple[str, ...] = ("bronze",)
) -> UUID:
    """A background with a profile and a fallback for projects and interviews at each of `tiers`."""
    rubric_id = a_rubric(org_id)
    with work_for(org_id) as session:
        row = Background(
            key=a_key("background"),
            title="Economics",
            submission_kind=submission_kind,
            project_types=["case_study"],
        )
        session.add(row)
        session.flush()
        for tier in tiers:
            session.add_all(_profiles(row.id, rubric_id, tier))
            session.add_all(_fallbacks(row.id, tier))
        return row.id


def _profiles(background_id: UUID, rubric_id: UUID, tier: str) -> list[BackgroundProfile]:
    return [
        BackgroundProfile(
            background_id=background_id,
            kind=kind,
            type=type_,
            tier=tier,
            system_prompt="You write tasks for learners.",
            input_prompt="Write for {background} at the tier {tier}.",
            rubric_id=rubric_id,
        )
        for kind, type_ in (("project", "case_study"), ("interview", "behavioural"))
    ]


def _fallbacks(background_id: UUID, tier: str) -> list[FallbackContent]:
    project = {
        "title": "A price that fell",
        "brief": "Explain why a shop's sales fell although its prices did.",
        "requirements": ["Name the problem", "Propose a solution"],
        "deliverables": ["A text of 500 words"],
    }
    questions = {
        "questions": [{"text": f"Tell of situation {nth}.", "type": "behavioural"} for nth in range(6)]
    }
    return [
        FallbackContent(
            kind=kind,
            key=a_key(kind.replace("_", "-")),
            background_id=background_id,
            tier=tier,
            type=type_,
            body=body,
        )
        for kind, type_, body in (
            ("project", "case_study", project),
            ("interview_questions", "behavioural", questions),
        )
    ]


def an_attempt(
    *,
    org_id: UUID,
    learner_id: UUID,
    enrollment_id: UUID,
    module_id: UUID | None,
    kind: str,
    state: str,
    **fields: Any,
) -> UUID:
    """An attempt in `state`, with what such a state needs; `fields` are columns and win.

    The data layer's guard applies: the module must be open to the enrollment.
    """
    submission_kind = {"project": "text", "interview": "video"}.get(kind, "answers")
    usual: dict[str, Any] = {
        "program_id": new_id(),
        "assessment_id": new_id(),
        "title": f"A {kind}",
        "submission_kind": submission_kind,
        "passing_score": 70,
        "lesson_id": new_id() if kind == "quiz" else None,
        "star": 2 if kind == "promotion_exam" else None,
        "target_tier": "silver" if kind == "promotion_exam" else None,
        "tier_used": "bronze",
    }
    if state not in ("preparing", "draft"):
        usual |= {
            "started_at": now(),
            "content": {"title": f"A {kind}"},
            "rubric": {"key": "rubric", "version": 1, "criteria": CRITERIA},
            "content_hash": hashlib.sha256(kind.encode()).hexdigest(),
        }
    if state in ("graded", "decided"):
        usual |= {"score": 100, "passed": True, "ended_at": now()}
    with work_for(org_id) as session:
        row = Attempt(
            learner_id=learner_id,
            enrollment_id=enrollment_id,
            module_id=module_id,
            kind=kind,
            state=state,
            **(usual | fields),
        )
        session.add(row)
        session.flush()
        return row.id

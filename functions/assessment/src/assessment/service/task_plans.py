"""What to ask models for a project or interview questions, by background and tier (JR-35, JR-41)."""

from collections import Counter
from typing import Any

from sqlalchemy.orm import Session

from assessment.models.attempts import Attempt
from assessment.models.backgrounds import Background, BackgroundProfile
from assessment.repository import generation as repository
from assessment.rules import tasks
from assessment.rules.prompts import Prompt
from assessment.rules.tasks import Question
from assessment.rules.wording import DIFFICULTIES
from assessment.schemas.generation import ProjectAnswer, QuestionsAnswer
from assessment.service import making, task_history
from lodestar.adapters.ai import Purpose


def project(session: Session, attempt: Attempt) -> list[making.Plan]:
    """One project of the background's type whose turn it is; nothing when no profile says what to ask for."""
    profile = _profile_in_turn(session, attempt)
    background = repository.background(session, attempt.background_id)
    if profile is None or background is None:
        return []
    prompts = making.prompts_for(session, owner_id=profile.org_id, purpose=Purpose.PROJECT)
    before = [content["title"] for content in task_history.contents_before(session, attempt)]

    def accept(
        value: dict[str, Any], _kept: list[dict[str, Any]]
    ) -> tuple[list[dict[str, Any]], Counter[str]]:
        fault = tasks.project_fault(value, titles_before=before)
        if fault is not None:
            return [], Counter({fault: 1})
        return [tasks.project_body(value) | {"type": profile.type}], Counter()

    alternatives = making.requests(
        prompts,
        purpose=Purpose.PROJECT,
        values=_values(attempt, background, profile, count=1),
        schema=ProjectAnswer,
        persona=profile.system_prompt,
    )
    return [making.Plan(requests=alternatives, accept=accept, wanted=1)]


def interview(session: Session, attempt: Attempt) -> list[making.Plan]:
    """One plan a type of question, each asking for its share."""
    profiles = repository.profiles(session, attempt)
    background = repository.background(session, attempt.background_id)
    if not profiles or background is None:
        return []
    prompts = making.prompts_for(session, owner_id=profiles[0].org_id, purpose=Purpose.INTERVIEW_QUESTIONS)
    before = task_history.questions_before(session, attempt)
    wanted = tasks.shares(
        [profile.type for profile in profiles], task_history.question_count(attempt, profiles[0])
    )
    return [
        _question_plan(attempt, background, profile, prompts, count=wanted[profile.type], before=before)
        for profile in profiles
        if wanted[profile.type]
    ]


def _question_plan(
    attempt: Attempt,
    background: Background,
    profile: BackgroundProfile,
    prompts: list[Prompt],
    *,
    count: int,
    before: list[str],
) -> making.Plan:
    def accept(
        value: dict[str, Any], kept: list[dict[str, Any]]
    ) -> tuple[list[dict[str, Any]], Counter[str]]:
        asked = [
            Question(
                text=entry["text"].strip(),
                type=profile.type,
                source="model",
                looks_for=entry["looks_for"].strip(),
            )
            for entry in value["questions"]
        ]
        good, dropped = tasks.checked_questions(asked, asked_before=[*before, *(k["text"] for k in kept)])
        return [
            {"text": q.text, "type": q.type, "source": q.source, "looks_for": q.looks_for} for q in good
        ], dropped

    alternatives = making.requests(
        prompts,
        purpose=Purpose.INTERVIEW_QUESTIONS,
        values=_values(attempt, background, profile, count=count),
        schema=QuestionsAnswer,
        persona=profile.system_prompt,
    )
    return making.Plan(requests=alternatives, accept=accept, wanted=count)


def _values(
    attempt: Attempt, background: Background, profile: BackgroundProfile, *, count: int
) -> dict[str, object]:
    tier = attempt.tier_used or ""
    values: dict[str, object] = {
        "background": background.title,
        "tier": tier,
        "difficulty": DIFFICULTIES.get(tier, "medium"),
        "type": profile.type,
        "count": count,
        "focus_area": profile.focus_area or background.title,
        "title": attempt.title,
    }
    guidance = Prompt("", "", f"{profile.input_prompt}\n{profile.description_template}".strip())
    return values | {"guidance": guidance.text(values)}


def _profile_in_turn(session: Session, attempt: Attempt) -> BackgroundProfile | None:
    profiles = repository.profiles(session, attempt)
    return profiles[(attempt.number - 1 + attempt.generation) % len(profiles)] if profiles else None

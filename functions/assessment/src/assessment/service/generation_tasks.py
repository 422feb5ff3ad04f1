"""Projects and interview questions: by background and tier from models, else as people wrote them (JR-35, JR-41)."""

from collections import Counter
from typing import Any

from sqlalchemy.orm import Session

from assessment.models.attempts import Attempt
from assessment.models.backgrounds import Background, BackgroundProfile
from assessment.repository import attempts
from assessment.repository import generation as repository
from assessment.rules import tasks
from assessment.rules.prompts import Prompt
from assessment.rules.tasks import Question
from assessment.rules.wording import DIFFICULTIES
from assessment.schemas.generation import Made, ProjectAnswer, QuestionsAnswer
from assessment.service import making
from lodestar.adapters.ai import Purpose


def plan_project(session: Session, attempt: Attempt) -> list[making.Plan]:
    """One project of the background's type whose turn it is; nothing when no profile says what to ask for."""
    profile = _profile_in_turn(session, attempt)
    background = repository.background(session, attempt.background_id)
    if profile is None or background is None:
        return []
    prompts = making.prompts_for(session, owner_id=profile.org_id, purpose=Purpose.PROJECT)
    before = [content["title"] for content in _contents_before(session, attempt)]

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


def settle_project(session: Session, attempt: Attempt, made: Made) -> bool:
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


def plan_interview(session: Session, attempt: Attempt) -> list[making.Plan]:
    """One plan a type of question, each asking for its share."""
    profiles = repository.profiles(session, attempt)
    background = repository.background(session, attempt.background_id)
    if not profiles or background is None:
        return []
    prompts = making.prompts_for(session, owner_id=profiles[0].org_id, purpose=Purpose.INTERVIEW_QUESTIONS)
    before = _questions_before(session, attempt)
    wanted = tasks.shares([profile.type for profile in profiles], _question_count(attempt, profiles[0]))
    return [
        _question_plan(attempt, background, profile, prompts, count=wanted[profile.type], before=before)
        for profile in profiles
        if wanted[profile.type]
    ]


def settle_interview(session: Session, attempt: Attempt, made: Made) -> bool:
    """Give the attempt its questions, its limits and its rubric; False when there are too few questions."""
    profiles = repository.profiles(session, attempt)
    bank = [
        Question(text=entry["text"], type=entry["type"], source="bank")
        for row in repository.fallbacks(session, attempt, kind="interview_questions")
        for entry in row.body["questions"]
    ]
    profile = profiles[0] if profiles else None
    count = _question_count(attempt, profile)
    types = [p.type for p in profiles] or list(dict.fromkeys(q.type for q in bank)) or ["general"]
    chosen = tasks.choose_questions(
        [Question(**value) for value in made.values],
        bank,
        wanted=tasks.shares(types, count),
        asked_before=_questions_before(session, attempt),
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


def _question_count(attempt: Attempt, profile: BackgroundProfile | None) -> int:
    configured = profile.config.get("question_count") if profile else None
    return int(configured or attempt.question_count or 0)


def _profile_in_turn(session: Session, attempt: Attempt) -> BackgroundProfile | None:
    profiles = repository.profiles(session, attempt)
    return profiles[(attempt.number - 1 + attempt.generation) % len(profiles)] if profiles else None


def _written_project(session: Session, attempt: Attempt) -> dict[str, Any] | None:
    """A project that the learner has not had, else the one whose turn it is."""
    rows = repository.fallbacks(session, attempt, kind="project")
    if not rows:
        return None
    had = {content["title"] for content in _contents_before(session, attempt)}
    fresh = [row for row in rows if row.body["title"] not in had]
    chosen = fresh[0] if fresh else rows[(attempt.number - 1 + attempt.generation) % len(rows)]
    return {**chosen.body, "type": chosen.type}


def _contents_before(session: Session, attempt: Attempt) -> list[dict[str, Any]]:
    """What earlier attempts, and earlier generations of this one, asked."""
    own = [attempt.content] if attempt.content else []
    return own + attempts.asked_before(session, attempt)


def _questions_before(session: Session, attempt: Attempt) -> list[str]:
    return [q["text"] for content in _contents_before(session, attempt) for q in content["questions"]]


def _pin_rubric(session: Session, attempt: Attempt, profile: BackgroundProfile | None) -> bool:
    """Copy the rubric that grades this, as it stands now."""
    rubric_id = profile.rubric_id if profile else repository.assessment_of(session, attempt).rubric_id
    rubric = repository.rubric(session, rubric_id)
    if rubric is None:
        return False
    attempt.rubric = {
        "id": str(rubric.id),
        "key": rubric.key,
        "title": rubric.title,
        "version": rubric.version,
        "criteria": rubric.criteria,
    }
    return True

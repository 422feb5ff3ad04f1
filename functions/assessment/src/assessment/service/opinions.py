"""One opinion on an attempt: a model says what it sees, our code verifies it and computes the score."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from assessment.models.attempts import Attempt
from assessment.models.grading import Grade, GradeEvidence
from assessment.repository import grading as repository
from assessment.rules.evidence import Evidence, Part, Quote
from assessment.rules.grading import Grading, Judged, criteria_of, graded
from assessment.rules.grading_prompts import task_text
from assessment.rules.injection import Sign, screened
from assessment.schemas.grading import RepositoryGrades, TextGrades
from assessment.schemas.grading_steps import Opined, OpinionStep
from assessment.service import asking
from assessment.service.grading_steps import holding
from lodestar.adapters import CapabilityNotConfigured
from lodestar.adapters.ai import AllModelsFailed, Generation, GenerationRequest, ModelAnswerInvalid
from lodestar.log import log

MOST_EXCERPTS = 5
REPORTED = "reported_by_model"


@dataclass(frozen=True, slots=True)
class _Case:
    """What one opinion is about."""

    strategy: str
    request: GenerationRequest
    parts: Sequence[Part]
    decoy: str
    recording: asking.Recording | None


def give_opinion(step: OpinionStep) -> Opined:
    """Ask for the opinion of this turn and keep it; a repeated step finds it kept. Raises `ClaimLost`.

    When no model serves there is no opinion, and no error: settling then leaves the attempt to a person.
    """
    with holding(step) as (session, attempt):
        kept = repository.grade_of_run(session, attempt.id, step.turn)
        if kept is not None:
            return Opined(second_opinion=bool(kept.doubts))
        case = _case(session, attempt, turn=step.turn)
    if case is None:
        return Opined(second_opinion=False)
    try:
        generation = asking.ask(step, case.request, recording=case.recording)
    except (AllModelsFailed, CapabilityNotConfigured) as error:
        log.warning("no_model_grades", attempt_id=str(step.attempt_id), error=type(error).__name__)
        reasons = error.reasons if isinstance(error, AllModelsFailed) else []
        return Opined(second_opinion=any(isinstance(reason, ModelAnswerInvalid) for reason in reasons))
    with holding(step) as (session, attempt):
        grading = _verified(session, attempt, case, generation)
        _keep(session, attempt, step, case=case, generation=generation, grading=grading)
    return Opined(second_opinion=bool(grading.doubts))


def _case(session: Session, attempt: Attempt, *, turn: int) -> _Case | None:
    """The work without what addresses a grader, which is kept as a sign; None when no strategy is left."""
    chosen = asking.strategy_of(session, attempt, turn=turn)
    work = repository.work_of(session, attempt.id)
    if chosen is None or work is None:
        return None
    seen = screened(Part(part["location"], part["text"]) for part in work.parts)
    _note(session, attempt.id, seen.signs)
    strategy, prompt = chosen
    decoy = asking.decoy_of(attempt, seen.parts)
    request = asking.request_for(attempt, seen.parts, prompt, decoy=decoy)
    return _Case(strategy, request, seen.parts, decoy.key, asking.recording_of(session, attempt))


def _verified(session: Session, attempt: Attempt, case: _Case, generation: Generation) -> Grading:
    """The score that our code answers for; what the model reports as suspicious is kept if it is really there."""
    grading, reported = verified(attempt, case.parts, generation.value, decoy=case.decoy)
    _note(session, attempt.id, reported)
    return grading


def verified(
    attempt: Attempt, parts: Sequence[Part], value: dict[str, Any], *, decoy: str
) -> tuple[Grading, list[Sign]]:
    """The score of what a model says of these parts, and what it reports as suspicious and is really there."""
    answer: TextGrades | RepositoryGrades
    if attempt.submission_kind == "repository":
        answer = RepositoryGrades.model_validate(value)
    else:
        answer = TextGrades.model_validate(value)
    described = [str(entry["description"]) for entry in (attempt.rubric or {}).get("criteria", [])]
    evidence = Evidence(parts, given=[task_text(attempt.content or {}), *described])
    reported = evidence.verified(Quote(passage) for passage in answer.suspicious_passages)
    opinions = [entry.opinion() for entry in answer.criteria]
    criteria = criteria_of(attempt.rubric)
    grading = graded(criteria, opinions, evidence, passing_score=attempt.passing_score, decoy=decoy)
    return grading, [Sign(REPORTED, quote.location, quote.text) for quote in reported]


def _note(session: Session, attempt_id: UUID, signs: Iterable[Sign]) -> None:
    passages: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for sign in signs:
        if len(passages[sign.family]) < MOST_EXCERPTS:
            passages[sign.family].append({"location": sign.location, "text": sign.excerpt.replace("\0", "")})
    repository.note_signs(
        session, attempt_id, {kind: {"passages": found} for kind, found in passages.items()}
    )


def _keep(
    session: Session,
    attempt: Attempt,
    step: OpinionStep,
    *,
    case: _Case,
    generation: Generation,
    grading: Grading,
) -> None:
    if repository.grade_of_run(session, attempt.id, step.turn) is not None:
        return
    grade = Grade(
        attempt_id=attempt.id,
        run=step.turn,
        strategy=case.strategy,
        source="model",
        model=generation.model,
        prompt_version=case.request.prompt_version,
        score=grading.score,
        passed=grading.passed,
        doubts=[doubt.value for doubt in grading.doubts],
    )
    session.add(grade)
    session.flush()
    session.add_all(_row(grade.id, judged) for judged in grading.judged)


def _row(grade_id: UUID, judged: Judged) -> GradeEvidence:
    """A criterion's points with the first passage that bears them; without one they are 0."""
    quote = judged.evidence[0] if judged.evidence else None
    return GradeEvidence(
        grade_id=grade_id,
        criterion=judged.criterion.key,
        points=judged.points,
        possible=judged.criterion.possible,
        quote=quote.text if quote else None,
        location=quote.location if quote else None,
        verified=quote is not None,
        comment=judged.comment,
    )


def told(judged: Judged) -> dict[str, Any]:
    """The same for somebody who reads it, without a grade that keeps it."""
    quote = judged.evidence[0] if judged.evidence else None
    return {
        "key": judged.criterion.key,
        "title": judged.criterion.title,
        "points": float(judged.points),
        "possible": float(judged.criterion.possible),
        "quote": quote.text if quote else None,
        "comment": judged.comment,
    }

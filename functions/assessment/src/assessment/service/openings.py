"""Opening an attempt: access, policy, limits, and where its content comes from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from assessment.errors import (
    AttemptNotAllowed,
    BackgroundRequired,
    ModuleLocked,
    NotEligible,
    QuizDisabled,
)
from assessment.models.assessments import Assessment, TierTemplate
from assessment.models.attempts import Attempt
from assessment.repository import attempts, openings
from assessment.rules import selection
from assessment.rules.attempts import Limits, Past, refusal
from assessment.rules.limits import NAMES, Applied, applied
from assessment.rules.states import OPEN, State, is_over
from assessment.schemas.attempts import AttemptCreate
from lodestar import clock, events, limits
from lodestar.contracts import learning
from lodestar.contracts.assessment import AssessmentKind, ContentRequested
from lodestar.contracts.learning import Tier
from lodestar.ids import new_id
from lodestar.problems import Conflict, InvalidContent, NotFound

AI_CALLS_AN_HOUR = 60
"""D-20."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a program an attempt stands."""

    program_id: UUID
    tier: Tier | None
    configuration: dict[str, Any]
    background_id: UUID | None = None
    star: int | None = None
    target_tier: Tier | None = None


def spend_ai_call(session: Session, learner_id: UUID) -> None:
    """Raises `RateLimited` when a learner asks for too much that a model makes."""
    limits.spend(session, "ai", learner_id, capacity=AI_CALLS_AN_HOUR, per_seconds=3600)


def open_attempt(session: Session, learner_id: UUID, body: AttemptCreate) -> tuple[Attempt, bool]:
    """The learner's open attempt at this, or a new one; and whether it is new.

    Raises `NotFound`, `ModuleLocked`, `NotEligible`, `QuizDisabled`, `BackgroundRequired`, `AttemptNotAllowed`,
    `RateLimited`.
    """
    ground = _ground(session, learner_id, body)
    assessment, tiers, past = ground.assessment, ground.tiers, ground.past
    access = _access(session, learner_id, body, assessment)
    existing = _open_one(past)
    if existing is not None and not _expire_if_over(session, existing):
        return _whole(session, learner_id, existing), False
    place = access or _promotion(session, learner_id, body, assessment)
    pinned = pinned_limits(assessment, tiers, place)
    _check_policy(assessment, past, pinned)
    fields = _fields(session, learner_id, assessment=assessment, place=place, pinned=pinned)
    attempt = attempts.insert_new(
        session,
        learner_id=learner_id,
        enrollment_id=body.enrollment_id,
        lesson_id=body.lesson_id,
        number=len(past) + 1,
        **fields,
    )
    if attempt is None:
        return _other_tabs(session, learner_id, body), False
    if attempt.state == State.PREPARING:
        kind = AssessmentKind(attempt.kind)
        events.emit(session, ContentRequested(attempt_id=attempt.id, kind=kind, generation=0))
    return attempt, True


def _ground(session: Session, learner_id: UUID, body: AttemptCreate) -> openings.Ground:
    ground = openings.ground(
        session,
        learner_id=learner_id,
        enrollment_id=body.enrollment_id,
        assessment_id=body.assessment_id,
        lesson_id=body.lesson_id,
    )
    if ground is None:
        raise NotFound()
    return ground


def _open_one(past: Sequence[Attempt]) -> Attempt | None:
    return next((attempt for attempt in past if attempt.state in OPEN), None)


def _other_tabs(session: Session, learner_id: UUID, body: AttemptCreate) -> Attempt:
    """The attempt that another tab opened at the same moment."""
    existing = _open_one(_ground(session, learner_id, body).past)
    if existing is None:
        raise AttemptNotAllowed("This opportunity was already taken.")
    return _whole(session, learner_id, existing)


def _access(session: Session, learner_id: UUID, body: AttemptCreate, assessment: Assessment) -> Place | None:
    """The module's place, once it is open; None for a promotion exam, which no module locks."""
    if (body.lesson_id is not None) != (assessment.kind == AssessmentKind.QUIZ):
        raise InvalidContent("A quiz needs the lesson_id it is about, and nothing else has one.")
    if assessment.module_id is None:
        return None
    access = learning.module_access(
        session, learner_id=learner_id, enrollment_id=body.enrollment_id, module_id=assessment.module_id
    )
    if access is None:
        raise NotFound()
    if access.switched_off:
        raise learning.switched_off()
    if not access.open:
        raise ModuleLocked.of(access)
    if body.lesson_id is not None:
        lesson = learning.lesson(session, body.lesson_id)
        if lesson is None or lesson.module_id != access.module_id:
            raise NotFound()
        if not access.configuration.get("enable_ai_quizzes", True):
            raise QuizDisabled()
    return Place(
        program_id=access.program_id,
        tier=access.tier,
        configuration=access.configuration,
        background_id=access.background_id,
    )


def _promotion(session: Session, learner_id: UUID, body: AttemptCreate, assessment: Assessment) -> Place:
    eligible = learning.promotion_eligibility(
        session, learner_id=learner_id, enrollment_id=body.enrollment_id
    )
    if eligible is None and learning.is_switched_off(session, body.enrollment_id):
        raise learning.switched_off()
    if eligible is None or eligible.program_id != assessment.program_id:
        raise NotEligible()
    return Place(
        program_id=eligible.program_id,
        tier=eligible.current_tier,
        configuration={},
        star=eligible.star,
        target_tier=eligible.target_tier,
    )


def _expire_if_over(session: Session, attempt: Attempt) -> bool:
    if not is_over(attempt.state, attempt.deadline_at, now=clock.now()):
        return False
    attempt.state, attempt.ended_at = State.EXPIRED, attempt.deadline_at
    session.flush()
    return True


def _whole(session: Session, learner_id: UUID, attempt: Attempt) -> Attempt:
    session.expunge(attempt)
    whole = attempts.lock_own(session, learner_id, attempt.id)
    if whole is None:
        raise NotFound()
    return whole


def pinned_limits(assessment: Assessment, tiers: dict[str, TierTemplate], place: Place) -> Applied:
    """The limits of an attempt opened at this place now."""
    by_tier = assessment.kind != AssessmentKind.QUIZ or place.configuration.get("tier_based_difficulty", True)
    template = tiers.get(place.target_tier or place.tier or "") if by_tier else None
    return applied(
        assessment.kind,
        of_tier={name: getattr(template, name, None) for name in NAMES},
        of_module=place.configuration,
        of_assessment={name: getattr(assessment, name) for name in NAMES},
    )


def _check_policy(assessment: Assessment, past: Sequence[Attempt], pinned: Applied) -> None:
    refused = refusal(
        assessment.kind,
        [Past(attempt.state, attempt.passed, attempt.submitted_at) for attempt in past],
        limits=Limits(pinned.max_attempts, pinned.attempt_window_days),
        now=clock.now(),
    )
    if refused is not None:
        when = refused.available_at
        raise AttemptNotAllowed(refused.detail, available_at=when.isoformat() if when else None)


def _fields(
    session: Session, learner_id: UUID, *, assessment: Assessment, place: Place, pinned: Applied
) -> dict[str, Any]:
    kind = AssessmentKind(assessment.kind)
    attempt_id = new_id()
    made: dict[str, Any] = {"state": State.PREPARING}
    if kind is AssessmentKind.INITIAL:
        made = initial_content(session, assessment, count=pinned.question_count, seed=str(attempt_id))
    else:
        spend_ai_call(session, learner_id)
    return made | {
        "id": attempt_id,
        "program_id": place.program_id,
        "assessment_id": assessment.id,
        "kind": kind,
        "module_id": assessment.module_id,
        "background_id": place.background_id,
        "title": assessment.title,
        "star": place.star,
        "tier_used": place.tier if kind is AssessmentKind.INITIAL else place.tier or Tier.BRONZE,
        "target_tier": place.target_tier,
        "submission_kind": submission_kind(session, kind, place),
        "question_count": pinned.question_count,
        "passing_score": pinned.passing_score,
        "time_limit_seconds": pinned.time_limit_seconds,
    }


def submission_kind(session: Session, kind: AssessmentKind, place: Place) -> str:
    """What is handed in at this place. Raises `BackgroundRequired`."""
    if kind not in (AssessmentKind.PROJECT, AssessmentKind.INTERVIEW):
        return "answers"
    if place.background_id is None:
        raise BackgroundRequired("Choose your background on your enrollment; this is made for it.")
    from assessment.repository import backgrounds

    background = backgrounds.readable(session, place.background_id)
    if background is None:
        raise BackgroundRequired("Your background is no longer offered; choose another one.")
    return background.submission_kind if kind is AssessmentKind.PROJECT else "video"


def initial_content(
    session: Session, assessment: Assessment, *, count: int | None, seed: str
) -> dict[str, Any]:
    """An initial assessment needs no model: its bank asks (JR-16). Raises `Conflict` when it holds too little."""
    from assessment.repository import banks
    from assessment.service.supplies import candidate_of

    pool = [candidate_of(item) for item in banks.active_items(session, assessment.bank_id)]
    wanted = count or len(pool)
    chosen = selection.select(selection.Supply(fallback=pool), count=wanted, asked_before=(), seed=seed)
    if not pool or len(chosen) < wanted:
        raise Conflict("This assessment is not ready yet: its bank holds too few questions.")
    content, key = selection.as_content(chosen)
    return {
        "state": State.DRAFT,
        "source": "bank",
        "provenance": {"items": selection.counts(chosen)},
        "content": content,
        "answer_key": key,
    }

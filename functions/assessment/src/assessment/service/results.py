"""How an attempt ended, and why."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from assessment.errors import ResultNotReady
from assessment.models.attempts import Attempt
from assessment.models.grading import GradeEvidence
from assessment.repository import attempts
from assessment.repository import results as repository
from assessment.rules.states import SCORED, State, is_over
from assessment.rules.wording import result_message, state_message
from assessment.schemas.results import AnsweredRead, CriterionResultRead, ResultRead, RulingRead
from assessment.service.attempts import check_access
from lodestar import clock
from lodestar.principal import Principal
from lodestar.problems import NotFound


def get_result(session: Session, caller: Principal, attempt_id: UUID) -> ResultRead:
    """The outcome with its explanation. Raises `NotFound`, `ModuleLocked`, `ResultNotReady`."""
    attempt = attempts.find_visible(session, caller, attempt_id, with_key=True)
    if attempt is None:
        raise NotFound()
    if attempt.learner_id == caller.user_id:
        check_access(session, attempt)
    if attempt.state not in SCORED:
        over = is_over(attempt.state, attempt.deadline_at, now=clock.now())
        state = State.EXPIRED if over else State(attempt.state)
        raise ResultNotReady(state_message(state, attempt.failure_detail), state=state)
    return _result(session, attempt)


def _result(session: Session, attempt: Attempt) -> ResultRead:
    objective = attempt.submission_kind == "answers"
    graded = None if objective else repository.settled_grade(session, attempt.id)
    decision = repository.latest_decision(session, attempt.id) if attempt.state == State.DECIDED else None
    passed = bool(attempt.passed)
    return ResultRead.model_validate(
        {
            "attempt_id": attempt.id,
            "kind": attempt.kind,
            "state": attempt.state,
            "score": attempt.score,
            "passed": passed,
            "passing_score": attempt.passing_score,
            "tier_used": attempt.tier_used,
            "target_tier": attempt.target_tier,
            "ended_at": attempt.ended_at,
            "message": result_message(attempt.kind, passed=passed, tier=attempt.tier_used),
            "graded_by": "person" if decision else "rules" if objective else "model",
            "model": graded[0].model if graded else None,
            "summary": (attempt.feedback or {}).get("summary") or (graded[0].summary if graded else ""),
            "questions": _questions(session, attempt) if objective else [],
            "criteria": [_criterion(attempt, evidence) for evidence in graded[1]] if graded else [],
            "decision": RulingRead.model_validate(decision) if decision else None,
        }
    )


def _questions(session: Session, attempt: Attempt) -> list[AnsweredRead]:
    given = {response.question_id: response for response in repository.responses(session, attempt.id)}
    key: dict[str, Any] = attempt.answer_key or {}
    return [
        AnsweredRead(
            id=question["id"],
            stem=question["stem"],
            options=question["options"],
            chosen=given[question["id"]].chosen,
            answer=key[question["id"]]["answer"],
            correct=given[question["id"]].correct,
            explanation=key[question["id"]]["explanation"],
            quote=key[question["id"]]["quote"],
            source=question["source"],
        )
        for question in (attempt.content or {}).get("questions", [])
        if question["id"] in given
    ]


def _criterion(attempt: Attempt, evidence: GradeEvidence) -> CriterionResultRead:
    criteria = (attempt.rubric or {}).get("criteria", [])
    titles = {criterion["key"]: criterion["title"] for criterion in criteria}
    return CriterionResultRead(
        key=evidence.criterion,
        title=titles.get(evidence.criterion, evidence.criterion),
        points=float(evidence.points),
        possible=float(evidence.possible),
        quote=evidence.quote,
        location=evidence.location,
        verified=evidence.verified,
        comment=evidence.comment,
    )

"""An attempt's content: claimed by one execution, made by models, filled up from banks, or failed by name."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from assessment.models.attempts import Attempt
from assessment.repository import claims
from assessment.repository import generation as repository
from assessment.rules.states import State
from assessment.schemas.generation import Claimed, FailStep, GenerationStep, Made, SettleStep
from assessment.service import generation_items, generation_tasks, making
from assessment.service.ai_runs import recorder
from lodestar import clock, events
from lodestar.contracts.assessment import AssessmentKind, AttemptFailed
from lodestar.db import work_for
from lodestar.log import log

PLANS: dict[str, Callable[[Session, Attempt], list[making.Plan]]] = {
    AssessmentKind.QUIZ: generation_items.plan,
    AssessmentKind.PROMOTION_EXAM: generation_items.plan,
    AssessmentKind.PROJECT: generation_tasks.plan_project,
    AssessmentKind.INTERVIEW: generation_tasks.plan_interview,
}
SETTLING: dict[str, Callable[[Session, Attempt, Made], bool]] = {
    AssessmentKind.QUIZ: generation_items.settle,
    AssessmentKind.PROMOTION_EXAM: generation_items.settle,
    AssessmentKind.PROJECT: generation_tasks.settle_project,
    AssessmentKind.INTERVIEW: generation_tasks.settle_interview,
}


class NothingToAsk(Exception):
    """No model served and no bank holds enough: nothing can be asked. A person has to fill a bank."""


def claim(step: GenerationStep) -> Claimed:
    """Take the attempt, unless its content is there already, was asked for anew, or another execution holds it."""
    with work_for(step.org_id) as session:
        claimed = claims.claim(
            session,
            step.attempt_id,
            execution=step.execution,
            states=(State.PREPARING,),
            becomes=State.PREPARING,
            generation=step.generation,
        )
    return Claimed(claimed=claimed)


def generate(step: GenerationStep) -> Made:
    """Ask models, outside of any transaction. Whatever they fail at, the banks make good: this raises for bugs only."""
    with work_for(step.org_id) as session:
        attempt = _held(session, step)
        plans = PLANS[attempt.kind](session, attempt) if attempt else []
    on_run = recorder(step.org_id, attempt_id=step.attempt_id, execution=step.execution)
    return making.make(plans, on_run=on_run)


def settle(step: SettleStep) -> dict[str, object]:
    """Give the attempt its content, once: a repeated step finds it settled. Raises `NothingToAsk`."""
    with work_for(step.org_id) as session:
        attempt = _held(session, step)
        if attempt is None:
            log.info("generation_already_settled", attempt_id=str(step.attempt_id))
            return {"settled": False}
        if not SETTLING[attempt.kind](session, attempt, step.made):
            raise NothingToAsk(f"There is nothing to ask in attempt {attempt.id}.")
        attempt.state = State.DRAFT
        attempt.claimed_by = attempt.claimed_at = None
        log.info("content_settled", attempt_id=str(attempt.id), source=attempt.source, **attempt.provenance)
    return {"settled": True}


def fail(step: FailStep) -> dict[str, object]:
    """End the attempt by name; it does not count, and its learner hears why."""
    with work_for(step.org_id) as session:
        attempt = _held(session, step)
        if attempt is None:
            return {"failed": False}
        attempt.failure_code = "no_content" if step.error == NothingToAsk.__name__ else "generation_failed"
        attempt.failure_detail = "Nothing could be prepared for you to answer; staff have been told."
        attempt.state, attempt.ended_at = State.FAILED, clock.now()
        event = AttemptFailed(
            attempt_id=attempt.id,
            learner_id=attempt.learner_id,
            kind=AssessmentKind(attempt.kind),
            code=attempt.failure_code,
            detail=attempt.failure_detail,
        )
        events.emit(session, event)
    return {"failed": True}


def _held(session: Session, step: GenerationStep) -> Attempt | None:
    return repository.preparing(
        session, step.attempt_id, generation=step.generation, execution=step.execution
    )

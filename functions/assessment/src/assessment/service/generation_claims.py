"""An attempt that waits for content is worked on by one execution, and ends by name when nothing can be made."""

from assessment.repository import claims
from assessment.repository import generation as repository
from assessment.rules.states import State
from assessment.schemas.generation import Claimed, FailStep, GenerationStep
from assessment.service.settling import NothingToAsk
from lodestar import clock, events
from lodestar.contracts.assessment import AssessmentKind, AttemptFailed
from lodestar.db import work_for


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


def fail(step: FailStep) -> dict[str, object]:
    """End the attempt by name; it does not count, and its learner hears why."""
    with work_for(step.org_id) as session:
        attempt = repository.preparing(session, step)
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

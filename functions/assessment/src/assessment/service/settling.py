"""Giving an attempt its content, whoever made it."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from assessment.models.attempts import Attempt
from assessment.repository import generation as repository
from assessment.rules.states import State
from assessment.schemas.generation import Made, SettleStep
from assessment.service import item_settling, task_settling
from lodestar.contracts.assessment import AssessmentKind
from lodestar.db import work_for
from lodestar.log import log

SETTLING: dict[str, Callable[[Session, Attempt, Made], bool]] = {
    AssessmentKind.QUIZ: item_settling.settle,
    AssessmentKind.PROMOTION_EXAM: item_settling.settle,
    AssessmentKind.PROJECT: task_settling.project,
    AssessmentKind.INTERVIEW: task_settling.interview,
}


class NothingToAsk(Exception):
    """No model served and no bank holds enough: nothing can be asked. A person has to fill a bank."""


def settle(step: SettleStep) -> dict[str, object]:
    """Give the attempt its content, once: a repeated step finds it settled. Raises `NothingToAsk`."""
    with work_for(step.org_id) as session:
        attempt = repository.preparing(session, step)
        if attempt is None:
            log.info("generation_already_settled", attempt_id=str(step.attempt_id))
            return {"settled": False}
        if not SETTLING[attempt.kind](session, attempt, step.made):
            raise NothingToAsk(f"There is nothing to ask in attempt {attempt.id}.")
        attempt.state = State.DRAFT
        attempt.claimed_by = attempt.claimed_at = None
        log.info("content_settled", attempt_id=str(attempt.id), source=attempt.source, **attempt.provenance)
    return {"settled": True}

"""Asking models for an attempt's content."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from assessment.models.attempts import Attempt
from assessment.repository import generation as repository
from assessment.schemas.generation import GenerationStep, Made
from assessment.service import item_plans, making, task_plans
from assessment.service.ai_runs import recorder
from lodestar.contracts.assessment import AssessmentKind
from lodestar.db import work_for

PLANS: dict[str, Callable[[Session, Attempt], list[making.Plan]]] = {
    AssessmentKind.QUIZ: item_plans.plan,
    AssessmentKind.PROMOTION_EXAM: item_plans.plan,
    AssessmentKind.PROJECT: task_plans.project,
    AssessmentKind.INTERVIEW: task_plans.interview,
}


def generate(step: GenerationStep) -> Made:
    """Ask models, outside of any transaction. Whatever they fail at, the banks make good: this raises for bugs only."""
    with work_for(step.org_id) as session:
        attempt = repository.preparing(session, step)
        plans = PLANS[attempt.kind](session, attempt) if attempt else []
    on_run = recorder(step.org_id, attempt_id=step.attempt_id, execution=step.execution)
    return making.make(plans, on_run=on_run)

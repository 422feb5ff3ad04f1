"""Which limits hold for an attempt: the tier's, else the module's, else the assessment's (JR-03, JR-20)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lodestar.contracts.assessment import AssessmentKind


@dataclass(frozen=True, slots=True)
class Applied:
    """What an attempt pins at its creation. `passing_score` is in percent."""

    question_count: int | None
    passing_score: float
    time_limit_seconds: int | None
    max_attempts: int | None
    attempt_window_days: int | None


NAMES = ("question_count", "passing_score", "time_limit_seconds", "max_attempts", "attempt_window_days")


def applied(
    kind: str, *, of_tier: Mapping[str, Any], of_module: Mapping[str, Any], of_assessment: Mapping[str, Any]
) -> Applied:
    """The first value given, in this order. A course's configuration names its quiz's limits `ai_quiz_...`."""
    prefix = "ai_quiz_" if kind == AssessmentKind.QUIZ else ""

    def first(name: str) -> Any:
        given = (of_tier.get(name), of_module.get(prefix + name), of_assessment.get(name))
        return next((value for value in given if value is not None), None)

    return Applied(**{name: first(name) for name in NAMES})

"""Scoring single-choice answers: no model, no judgement."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Answered:
    """One question's answer. `chosen` is None when it was left open, which counts as wrong."""

    question_id: str
    chosen: int | None
    correct: bool


def unknown_questions(answer_key: Mapping[str, Any], answers: Mapping[str, int]) -> list[str]:
    """Answers to questions that were not asked."""
    return sorted(answers.keys() - answer_key.keys())


def marked(answer_key: Mapping[str, Any], answers: Mapping[str, int]) -> list[Answered]:
    """Every question that was asked, with what was chosen."""
    return [
        Answered(question_id, answers.get(question_id), answers.get(question_id) == key["answer"])
        for question_id, key in answer_key.items()
    ]


def score(answered: list[Answered]) -> Decimal:
    """The share of right answers in percent, to the hundredth, half up; 0 for no questions."""
    if not answered:
        return Decimal(0)
    right = sum(entry.correct for entry in answered)
    return (Decimal(100 * right) / len(answered)).quantize(HUNDREDTH, ROUND_HALF_UP)

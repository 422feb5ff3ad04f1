"""Which items an attempt asks, from where, in which order (JR-22, JR-23)."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from assessment.rules.items import Candidate, is_repeated
from assessment.rules.texts import normal
from lodestar.contracts.assessment import AssessmentKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """Everything that could be asked. `required` always is; the rest fills up in this order."""

    required: Sequence[Candidate] = ()
    generated: Sequence[Candidate] = ()
    fallback: Sequence[Candidate] = ()
    generic: Sequence[Candidate] = ()


def select(supply: Supply, *, count: int, asked_before: Sequence[str], seed: str) -> list[Candidate]:
    """`count` items, or as many as there are; more when more are required.

    Within the banks, what the learner has not been asked yet comes first; then the seeded shuffle decides.
    """
    rng = random.Random(seed)  # noqa: S311 - fairness, not secrecy; the seed makes a repeated step choose alike
    known = {normal(stem) for stem in asked_before}
    chosen = list(supply.required)
    for pool, shuffled in ((supply.generated, False), (supply.fallback, True), (supply.generic, True)):
        ordered = list(pool)
        if shuffled:
            rng.shuffle(ordered)
            ordered.sort(key=lambda candidate: normal(candidate.stem) in known)
        for candidate in ordered:
            if len(chosen) >= count:
                break
            if not is_repeated(candidate, [other.stem for other in chosen]):
                chosen.append(candidate)
    return [_with_options_shuffled(candidate, rng) for candidate in chosen]


def is_enough(kind: str, *, got: int, wanted: int) -> bool:
    """Whether an attempt can be made of so many items: a quiz of half, anything else only of all."""
    return got >= (max(1, wanted // 2) if kind == AssessmentKind.QUIZ else wanted)


def source_of(chosen: Sequence[Candidate]) -> str:
    """What an attempt is labelled with: `model` if a model made any of it, else `bank`, else `generic`."""
    sources = {candidate.source for candidate in chosen}
    return next((source for source in ("model", "bank", "generic") if source in sources), "bank")


def counts(chosen: Sequence[Candidate]) -> dict[str, int]:
    """How many items came from where."""
    return dict(Counter(candidate.source for candidate in chosen))


def as_content(chosen: Sequence[Candidate]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the learner sees, and apart from it the key: question id -> answer, explanation, quote, item."""
    questions, key = [], {}
    for nth, item in enumerate(chosen, start=1):
        question_id = f"q{nth}"
        questions.append(
            {
                "id": question_id,
                "stem": item.stem,
                "options": list(item.options),
                "source": item.source,
                "difficulty": item.difficulty,
            }
        )
        key[question_id] = {
            "answer": item.answer,
            "explanation": item.explanation,
            "quote": item.quote,
            "item_id": item.item_id,
        }
    return {"questions": questions}, key


def _with_options_shuffled(candidate: Candidate, rng: random.Random) -> Candidate:
    """Writers and models favour certain places for the right option; learners notice."""
    order = list(range(len(candidate.options)))
    rng.shuffle(order)
    options = tuple(candidate.options[at] for at in order)
    return replace(candidate, options=options, answer=order.index(candidate.answer))

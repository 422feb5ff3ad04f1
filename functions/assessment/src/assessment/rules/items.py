"""Which items a learner may see: checked before they are asked, dropped and counted when they fail."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from assessment.rules.texts import content_stems, normal, similarity, words

OPTIONS = 4
SHORTEST_STEM, LONGEST_STEM, LONGEST_OPTION = 10, 1_000, 500
FEWEST_QUOTED_WORDS = 4
TOO_SIMILAR = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An item that might be asked. `source` is `model`, `bank` or `generic`; `item_id` names a bank's row."""

    stem: str
    options: tuple[str, ...]
    answer: int
    explanation: str
    quote: str | None
    source: str
    difficulty: str | None = None
    item_id: str | None = None


def candidates(value: dict[str, Any]) -> list[Candidate]:
    """A model's items, as they come."""
    return [
        Candidate(
            stem=item["stem"].strip(),
            options=tuple(option.strip() for option in item["options"]),
            answer=item["answer"],
            explanation=item["explanation"].strip(),
            quote=item["quote"].strip(),
            source="model",
        )
        for item in value["items"]
    ]


def checked(
    made: Iterable[Candidate], *, transcript: str, asked_before: Sequence[str]
) -> tuple[list[Candidate], Counter[str]]:
    """The items worth asking, and how many were dropped for which reason.

    `asked_before` are the stems of earlier attempts and of items already chosen.
    """
    source = normal(transcript)
    kept: list[Candidate] = []
    dropped: Counter[str] = Counter()
    for candidate in made:
        reason = fault(candidate, source=source)
        if reason is None and is_repeated(candidate, [*asked_before, *(k.stem for k in kept)]):
            reason = "duplicate"
        if reason is None:
            kept.append(candidate)
        else:
            dropped[reason] += 1
    return kept, dropped


def fault(candidate: Candidate, *, source: str) -> str | None:
    """Why the item may not be asked: `schema`, `answers` or `ungrounded`; None when it may.

    `source` is the normalised text that the item was made from.
    """
    if not SHORTEST_STEM <= len(candidate.stem) <= LONGEST_STEM or not candidate.explanation:
        return "schema"
    if len(candidate.options) != OPTIONS or not all(0 < len(o) <= LONGEST_OPTION for o in candidate.options):
        return "schema"
    if not 0 <= candidate.answer < OPTIONS or len({normal(o) for o in candidate.options}) < OPTIONS:
        return "answers"
    return None if is_grounded(candidate, source=source) else "ungrounded"


def is_grounded(candidate: Candidate, *, source: str) -> bool:
    """Whether the quote stands in the source word for word, and speaks of what the right option says."""
    quote = candidate.quote or ""
    if len(words(quote)) < FEWEST_QUOTED_WORDS or normal(quote) not in source:
        return False
    right = candidate.options[candidate.answer]
    meant = content_stems(right) or frozenset(words(right))
    return bool(meant & (content_stems(quote) | frozenset(words(quote))))


def is_repeated(candidate: Candidate, stems: Sequence[str]) -> bool:
    """Whether one of these asks the same."""
    return any(similarity(candidate.stem, stem) >= TOO_SIMILAR for stem in stems)

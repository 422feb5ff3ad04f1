"""From a model's levels to a score that our code answers for, and from scores to an outcome.

A model says per criterion a level from 0 to 4 and which passages show it. Only passages that really stand in the work
count; a criterion without one has no points. The model's own sum, if it offers one, is never read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import takewhile
from typing import Any

from assessment.rules.evidence import Evidence, Quote
from assessment.rules.states import HANDED_IN, State
from assessment.rules.texts import content_stems

HIGHEST_LEVEL = 4
HUNDREDTH = Decimal("0.01")
NEAR = Decimal(3)
"""Points around the pass mark within which a second opinion is asked for."""

DISAGREEMENT = Decimal(15)
"""Points between two opinions from which on a person decides."""

UNRELATED_SHARE = Decimal("0.3")
"""The share of the score that may rest on passages which share no word with their criterion."""


class Doubt(StrEnum):
    """What speaks against a grade. All ask for a second opinion; those of REVIEWED then for a person."""

    CRITERION_MISSING = "criterion_missing"
    QUOTES_NOT_FOUND = "quotes_not_found"
    BORDERLINE = "borderline"
    VERDICT_UNPROVEN = "verdict_unproven"
    EVIDENCE_UNRELATED = "evidence_unrelated"
    DECOY_REWARDED = "decoy_rewarded"


REVIEWED = frozenset({Doubt.VERDICT_UNPROVEN, Doubt.EVIDENCE_UNRELATED, Doubt.DECOY_REWARDED})


class Reason(StrEnum):
    """Why a person decides."""

    NO_MODEL = "no_model"
    NO_TRANSCRIPT = "no_transcript"
    INTEGRITY = "integrity"
    DISAGREEMENT = "disagreement"
    UNPROVEN = "unproven"
    ATTEMPTS_USED = "attempts_used"


@dataclass(frozen=True, slots=True)
class Criterion:
    """What is judged. `possible` is its weight; `words` are all that it says of itself."""

    key: str
    title: str
    possible: Decimal
    words: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a model says of one criterion."""

    key: str
    level: int
    quotes: Sequence[Quote]
    feedback: str


@dataclass(frozen=True, slots=True)
class Judged:
    """One criterion with the points that its verified evidence earns."""

    criterion: Criterion
    points: Decimal
    evidence: tuple[Quote, ...]
    claimed: Decimal
    comment: str


@dataclass(frozen=True, slots=True)
class Grading:
    """One opinion, computed. `score` is in percent."""

    judged: tuple[Judged, ...]
    score: Decimal
    passed: bool
    doubts: tuple[Doubt, ...]


def criteria_of(rubric: dict[str, Any] | None) -> list[Criterion]:
    """The criteria of the rubric that the attempt froze."""
    return [
        Criterion(
            key=entry["key"],
            title=entry["title"],
            possible=Decimal(str(entry["weight"])),
            words=" ".join(
                [entry["title"], entry["description"], *entry.get("keywords", []), entry.get("evidence", "")]
            ),
        )
        for entry in (rubric or {}).get("criteria", [])
    ]


def graded(
    criteria: Sequence[Criterion],
    opinions: Sequence[Opinion],
    evidence: Evidence,
    *,
    passing_score: Decimal,
    decoy: str | None = None,
) -> Grading:
    """Verify each quote, compute the score, and say what is doubtful about it. `decoy` is a criterion's key that no
    work can have a level for."""
    by_key = {opinion.key: opinion for opinion in reversed(opinions)}
    judged = tuple(_judged(criterion, by_key.get(criterion.key), evidence) for criterion in criteria)
    score = _percent([entry.points for entry in judged], criteria)
    claimed = _percent([entry.claimed for entry in judged], criteria)
    doubts = [Doubt.CRITERION_MISSING] if {c.key for c in criteria} - by_key.keys() else []
    if any(entry.claimed > 0 and not entry.evidence for entry in judged):
        doubts.append(Doubt.QUOTES_NOT_FOUND)
    if abs(score - passing_score) <= NEAR:
        doubts.append(Doubt.BORDERLINE)
    if (claimed >= passing_score) != (score >= passing_score):
        doubts.append(Doubt.VERDICT_UNPROVEN)
    if _rests_on_unrelated(judged):
        doubts.append(Doubt.EVIDENCE_UNRELATED)
    if any(opinion.key == decoy and opinion.level > 0 for opinion in opinions):
        doubts.append(Doubt.DECOY_REWARDED)
    return Grading(judged, score, score >= passing_score, tuple(doubts))


def _judged(criterion: Criterion, opinion: Opinion | None, evidence: Evidence) -> Judged:
    if opinion is None:
        return Judged(criterion, Decimal(0), (), Decimal(0), "")
    found = tuple(evidence.verified(opinion.quotes))
    level = min(max(opinion.level, 0), HIGHEST_LEVEL)
    claimed = (criterion.possible * level / HIGHEST_LEVEL).quantize(HUNDREDTH, ROUND_HALF_UP)
    return Judged(criterion, claimed if found else Decimal(0), found, claimed, opinion.feedback.strip())


def _percent(points: Sequence[Decimal], criteria: Sequence[Criterion]) -> Decimal:
    possible = sum((criterion.possible for criterion in criteria), Decimal(0))
    if not possible:
        return Decimal(0)
    return (100 * sum(points, Decimal(0)) / possible).quantize(HUNDREDTH, ROUND_HALF_UP)


def _rests_on_unrelated(judged: Sequence[Judged]) -> bool:
    earned = sum((entry.points for entry in judged), Decimal(0))
    unrelated = sum((entry.points for entry in judged if not _related(entry)), Decimal(0))
    return unrelated > UNRELATED_SHARE * earned


def _related(entry: Judged) -> bool:
    wanted = content_stems(entry.criterion.words)
    said = (content_stems(f"{quote.location or ''} {quote.text}") for quote in entry.evidence)
    return not entry.points or any(wanted & stems for stems in said)


@dataclass(frozen=True, slots=True)
class Run:
    """A stored opinion."""

    number: int
    score: Decimal
    passed: bool
    doubts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How grading ends: with run number `settled` as the grade, or as a person's starting point when `reason` is set."""

    settled: int | None
    reason: Reason | None


def outcome(runs: Sequence[Run], *, signs_of_manipulation: bool, last_attempt: bool) -> Outcome:
    """What counts, and whether a person has to look first. `last_attempt`: no other one is open to the learner."""
    if not runs:
        return Outcome(None, Reason.NO_MODEL)
    best = min(runs, key=lambda run: (len(run.doubts & REVIEWED), len(run.doubts), run.number))
    return Outcome(best.number, _reason(runs, best, signs=signs_of_manipulation, last_attempt=last_attempt))


def _reason(runs: Sequence[Run], best: Run, *, signs: bool, last_attempt: bool) -> Reason | None:
    scores = [run.score for run in runs]
    if signs:
        return Reason.INTEGRITY
    if len({run.passed for run in runs}) > 1 or max(scores) - min(scores) > DISAGREEMENT:
        return Reason.DISAGREEMENT
    if best.doubts & REVIEWED:
        return Reason.UNPROVEN
    return Reason.ATTEMPTS_USED if last_attempt and not best.passed else None


def attempts_left(earlier: Sequence[str], most: int) -> int:
    """How many attempts the learner has, the current one counted, given the earlier ones' states, newest first.

    D-03: what failed or expired does not count, and a person's decision opens another round.
    """
    round_ = takewhile(
        lambda state: state != State.DECIDED, (state for state in earlier if state in HANDED_IN)
    )
    return most - sum(1 for _ in round_)

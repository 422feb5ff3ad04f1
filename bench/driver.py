"""The one way of measuring: baseline and candidate interleaved, median ratio and spread, against a target."""

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

ROUNDS = 9
Bound = Literal["<=", ">="]


@dataclass(frozen=True)
class Result:
    """What was measured of a goal, and how it stands to its target. `low` and `high` are the spread over rounds."""

    goal: str
    what: str
    value: float
    target: float
    bound: Bound = "<="
    low: float | None = None
    high: float | None = None
    note: str = ""

    @property
    def met(self) -> bool:
        return self.value <= self.target if self.bound == "<=" else self.value >= self.target

    @property
    def spread(self) -> str:
        return "" if self.low is None or self.high is None else f"{self.low:.2f} .. {self.high:.2f}"

    def __str__(self) -> str:
        return (
            f"{self.goal:<4}{self.what:<64} {self.value:7.2f}  {self.spread:>16}"
            f"  {self.bound} {self.target:.2f}  {'met' if self.met else 'MISSED'}  {self.note}"
        )


def timed(work: Callable[[], object], *, calls: int = 1) -> float:
    """Seconds a call, over `calls` calls."""
    start = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - start) / calls


def _in_turn(
    baseline: Callable[[], object],
    candidate: Callable[[], object],
    *,
    calls: int,
    rounds: int,
    before_each: Callable[[], object] = lambda: None,
) -> list[tuple[float, float]]:
    """Seconds of both, `rounds` times after one unmeasured round; each begins every other round."""

    def measured(work: Callable[[], object]) -> float:
        before_each()
        return timed(work, calls=calls)

    measured(baseline), measured(candidate)
    pairs = []
    for number in range(rounds):
        if number % 2:
            ours = measured(candidate)
            pairs.append((measured(baseline), ours))
        else:
            theirs = measured(baseline)
            pairs.append((theirs, measured(candidate)))
    return pairs


def compare(
    goal: str,
    what: str,
    *,
    baseline: Callable[[], object],
    candidate: Callable[[], object],
    target: float,
    calls: int = 1,
    rounds: int = ROUNDS,
    before_each: Callable[[], object] = lambda: None,
) -> Result:
    """How much longer the candidate takes than its baseline: smaller is better.

    `before_each` makes the work ready, unmeasured.
    """
    pairs = _in_turn(baseline, candidate, calls=calls, rounds=rounds, before_each=before_each)
    return _ratio(goal, what, pairs, [ours / theirs for theirs, ours in pairs], target=target, bound="<=")


def compare_rates(
    goal: str,
    what: str,
    *,
    baseline: Callable[[], object],
    candidate: Callable[[], object],
    target: float,
    rounds: int = ROUNDS,
    before_each: Callable[[], object] = lambda: None,
) -> Result:
    """Which share of the baseline's rate the candidate reaches, both doing the same amount of work: larger is better.

    `before_each` makes the work ready, unmeasured.
    """
    pairs = _in_turn(baseline, candidate, calls=1, rounds=rounds, before_each=before_each)
    return _ratio(goal, what, pairs, [theirs / ours for theirs, ours in pairs], target=target, bound=">=")


def _ratio(
    goal: str,
    what: str,
    pairs: Sequence[tuple[float, float]],
    ratios: Sequence[float],
    *,
    target: float,
    bound: Bound,
) -> Result:
    theirs, ours = (statistics.median(side) for side in zip(*pairs, strict=True))
    note = f"{_seconds(ours)} / {_seconds(theirs)}"
    return Result(goal, what, statistics.median(ratios), target, bound, min(ratios), max(ratios), note)


def growth(seconds_by_size: Sequence[tuple[int, float]]) -> float:
    """The exponent k of `seconds ~ size^k`: the slope of the least-squares line through the logarithms."""
    sizes = [math.log(size) for size, _ in seconds_by_size]
    times = [math.log(seconds) for _, seconds in seconds_by_size]
    return statistics.linear_regression(sizes, times).slope


def _seconds(value: float) -> str:
    return f"{value * 1e6:,.0f} us" if value < 0.1 else f"{value:,.2f} s"

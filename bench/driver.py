"""The one way of measuring: baseline and candidate interleaved, median ratio and spread."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 9


@dataclass(frozen=True)
class Ratio:
    """How a candidate compares to its baseline, over the rounds. Seconds are medians of one call."""

    goal: str
    what: str
    baseline_seconds: float
    candidate_seconds: float
    ratio: float
    low: float
    high: float
    target: float

    @property
    def met(self) -> bool:
        return self.ratio <= self.target

    def __str__(self) -> str:
        verdict = "met" if self.met else "MISSED"
        return (
            f"{self.goal:<3} {self.what:<58} {self.ratio:5.2f}x  [{self.low:.2f} .. {self.high:.2f}]"
            f"  {self.candidate_seconds * 1e6:9.0f} us / {self.baseline_seconds * 1e6:9.0f} us"
            f"  target <= {self.target:.2f}  {verdict}"
        )


@dataclass(frozen=True)
class Count:
    """Something counted, not timed."""

    goal: str
    what: str
    value: int
    target: int

    @property
    def met(self) -> bool:
        return self.value <= self.target

    def __str__(self) -> str:
        return f"{self.goal:<3} {self.what:<58} {self.value:5d}   target <= {self.target}  {'met' if self.met else 'MISSED'}"


def timed(work: Callable[[], object], *, calls: int) -> float:
    """Seconds a call, over `calls` calls."""
    start = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - start) / calls


def compare(
    goal: str,
    what: str,
    *,
    baseline: Callable[[], object],
    candidate: Callable[[], object],
    target: float,
    calls: int = 1,
    rounds: int = ROUNDS,
) -> Ratio:
    """Measure both in turn, `rounds` times after one unmeasured round; the spread is of the rounds' ratios."""
    timed(baseline, calls=calls), timed(candidate, calls=calls)
    pairs = [(timed(baseline, calls=calls), timed(candidate, calls=calls)) for _ in range(rounds)]
    ratios = [ours / theirs for theirs, ours in pairs]
    return Ratio(
        goal,
        what,
        statistics.median(theirs for theirs, _ in pairs),
        statistics.median(ours for _, ours in pairs),
        statistics.median(ratios),
        min(ratios),
        max(ratios),
        target,
    )

"""How much of a recording a learner has played: the union of segments, bounded by the time that passed (X-07).

Times are milliseconds. A segment is `(from, to)`, the end not included.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MAX_SPEED = 2
GRACE_MS = 2_000
"""Media time credited ahead of the clock: reports are late by a network's whims. It is spent once, then refills."""
LONGEST_PAUSE_MS = 300_000
"""A player reports every few seconds; a longer silence is no playing and earns no more than this."""
NEEDED_PERCENT = 95

Segment = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Credit:
    """What a report earned. `refused_ms` was played faster than the clock allows, if at all."""

    segments: tuple[Segment, ...]
    credited_ms: int
    refused_ms: int
    unspent_ms: int


def union(segments: Iterable[Sequence[int]]) -> tuple[Segment, ...]:
    """The same time as non-overlapping segments in order."""
    merged: list[Segment] = []
    for start, end in sorted((s[0], s[1]) for s in segments if s[0] < s[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def length(segments: Iterable[Segment]) -> int:
    """The time that non-overlapping segments cover."""
    return sum(end - start for start, end in segments)


def clipped(segments: Iterable[Sequence[int]], duration_ms: int) -> tuple[Segment, ...]:
    """The part of the segments that lies within the recording."""
    return union((max(0, s[0]), min(s[1], duration_ms)) for s in segments)


def beyond(segments: Iterable[Segment], covered: Sequence[Segment]) -> list[Segment]:
    """The part of `segments` that `covered` (a union) does not hold yet, in order."""
    fresh: list[Segment] = []
    for start, end in segments:
        at = start
        for known_start, known_end in covered:
            if known_end <= at or known_start >= end:
                continue
            if known_start > at:
                fresh.append((at, known_start))
            at = max(at, known_end)
        if at < end:
            fresh.append((at, end))
    return fresh


def allowance(*, unspent_ms: int, elapsed_ms: int) -> int:
    """The media time that may be new now: what was left over (at most the grace), and twice the time since."""
    return min(unspent_ms, GRACE_MS) + MAX_SPEED * min(max(elapsed_ms, 0), LONGEST_PAUSE_MS)


def credit(
    covered: Sequence[Sequence[int]],
    reported: Iterable[Sequence[int]],
    *,
    duration_ms: int,
    unspent_ms: int,
    elapsed_ms: int,
) -> Credit:
    """Add to `covered` what a report may add, first things first, until the allowance is used up."""
    known = union(covered)
    left = budget = allowance(unspent_ms=unspent_ms, elapsed_ms=elapsed_ms)
    refused = 0
    accepted: list[Segment] = []
    for start, end in beyond(clipped(reported, duration_ms), known):
        taken = min(end - start, left)
        left -= taken
        refused += end - start - taken
        if taken:
            accepted.append((start, start + taken))
    return Credit(union([*known, *accepted]), budget - left, refused, min(left, GRACE_MS))


def is_complete(*, covered_ms: int, duration_ms: int) -> bool:
    """Whether 95 % is covered; 94.9 % is not (JR-30)."""
    return covered_ms * 100 >= duration_ms * NEEDED_PERCENT


def percent(*, covered_ms: int, duration_ms: int) -> float:
    """The share covered, in percent with one decimal, rounded down so that it never promises too much."""
    return covered_ms * 1000 // duration_ms / 10

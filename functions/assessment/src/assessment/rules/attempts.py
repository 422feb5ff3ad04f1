"""How often, and how soon, something may be attempted (D-02, D-03, D-04)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from assessment.rules.states import HANDED_IN, SCORED, State
from lodestar.contracts.assessment import AssessmentKind

QUICK_QUIZZES = 3
QUIZ_PAUSE = timedelta(minutes=10)
REGENERATIONS = 3
"""D-09: how often the content may change before the start."""


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier attempt at the same thing."""

    state: str
    passed: bool | None
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Limits:
    """`max_attempts` in all, or within `window_days` days; None: as many as one likes."""

    max_attempts: int | None
    window_days: int | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not, for a person; and from when on it will be possible, if ever."""

    detail: str
    available_at: datetime | None = None


def refusal(kind: str, past: Sequence[Past], *, limits: Limits, now: datetime) -> Refusal | None:
    """Why another attempt may not begin now; None when it may. `past` is newest first.

    What failed or expired does not count: the one is our fault, the other brought no grade. A quiz may be repeated
    even when it was passed; what else was passed is done.
    """
    counted = [attempt for attempt in past if attempt.state in HANDED_IN]
    if kind == AssessmentKind.QUIZ:
        return _quiz_refusal(counted, now=now)
    if kind == AssessmentKind.INITIAL and any(attempt.state in SCORED for attempt in counted):
        return Refusal("You have completed this assessment; it is taken once.")
    if any(attempt.passed for attempt in counted):
        return Refusal("You have already passed this.")
    if limits.max_attempts is None:
        return None
    if limits.window_days is None:
        return _total_refusal(counted, limits.max_attempts)
    return _window_refusal(counted, limits.max_attempts, window=timedelta(days=limits.window_days), now=now)


def _quiz_refusal(counted: Sequence[Past], *, now: datetime) -> Refusal | None:
    """D-02: unlimited, but after three only every ten minutes."""
    last = max((a.submitted_at for a in counted if a.submitted_at), default=None)
    if len(counted) < QUICK_QUIZZES or last is None or now >= last + QUIZ_PAUSE:
        return None
    return Refusal(
        "Take a break of ten minutes, look at the lesson again, then try new questions.", last + QUIZ_PAUSE
    )


def _total_refusal(counted: Sequence[Past], most: int) -> Refusal | None:
    """D-03. A person's decision on an attempt opens another round."""
    rounds = 0
    for attempt in counted:
        if attempt.state == State.DECIDED:
            break
        rounds += 1
    if rounds < most:
        return None
    return Refusal(f"All {most} attempts are used. Your institution's staff will look at your work.")


def _window_refusal(
    counted: Sequence[Past], most: int, *, window: timedelta, now: datetime
) -> Refusal | None:
    """D-04: so many within a sliding window."""
    recent = sorted(a.submitted_at for a in counted if a.submitted_at and a.submitted_at > now - window)
    if len(recent) < most:
        return None
    return Refusal(
        f"{most} attempts in {window.days} days are used. The next one opens when the oldest is {window.days} days old.",
        recent[-most] + window,
    )

"""When failing calls to models are worth waking someone (D-06)."""

FAILURES = 3
FAILURES_WINDOW_MINUTES = 15
RATE = 0.05
RATE_WINDOW_MINUTES = 60
RATE_NEEDS_CALLS = 20
"""Below so many calls an hour one failure is over 5 %, and says nothing."""


def window_to_report(*, failures_in_15_minutes: int, calls_in_hour: int, failures_in_hour: int) -> int | None:
    """The window in minutes whose limit is passed; None when all is well enough."""
    if failures_in_15_minutes >= FAILURES:
        return FAILURES_WINDOW_MINUTES
    if calls_in_hour >= RATE_NEEDS_CALLS and failures_in_hour > RATE * calls_in_hour:
        return RATE_WINDOW_MINUTES
    return None

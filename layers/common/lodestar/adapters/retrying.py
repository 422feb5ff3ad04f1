"""Waiting before a second try: jittered, bounded, and as long as the vendor asks."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def seconds(text: str | None) -> float | None:
    """A Retry-After in seconds; None where there is none or it is a date, which vendors of ours never send."""
    try:
        return max(0.0, float(text)) if text else None
    except ValueError:
        return None


def backoff_seconds(nth: int, *, base: float = 0.5, longest: float = 4.0) -> float:
    """Full jitter: a random wait up to `base` doubled `nth` times."""
    return random.uniform(0, min(longest, base * 2**nth))  # noqa: S311 - no secret


def jitter_seconds() -> float:
    """A little more than the vendor asks, so that callers who were refused together return apart."""
    return random.uniform(0, 0.25)  # noqa: S311 - no secret


def retried(call: Callable[[], T], *, on: type[Exception], tries: int = 3) -> T:
    """Call until it succeeds; an error of type `on` is repeated after a backoff, `tries` calls in all."""
    for nth in range(tries - 1):
        try:
            return call()
        except on:
            time.sleep(backoff_seconds(nth))
    return call()

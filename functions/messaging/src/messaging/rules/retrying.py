"""When a message that its vendor did not take is tried again, and when it is given up."""

from datetime import datetime, timedelta

MOST_ATTEMPTS = 6
LONGEST = timedelta(hours=24)
FIRST_SECONDS, FACTOR = 30.0, 4.0
LONGEST_WAIT_SECONDS = 6 * 3600.0


def next_try(
    *, attempts: int, since: datetime, now: datetime, retry_after: float | None, chance: float
) -> datetime | None:
    """The moment of the next try after `attempts` of them; None when it is given up.

    The vendor's own `retry_after` (seconds) is a lower bound; `chance`, between 0 and 1, spreads tries that failed
    together.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    step = min(FIRST_SECONDS * FACTOR ** (attempts - 1), LONGEST_WAIT_SECONDS)
    wait = step * (0.5 + 0.5 * chance)
    if retry_after is not None:
        wait = max(retry_after, 0.0) + wait * 0.1
    moment = now + timedelta(seconds=wait)
    return moment if moment <= since + LONGEST else None

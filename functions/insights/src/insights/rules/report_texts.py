"""Every sentence of scheduled reports: plain English, one function a sentence."""

from datetime import date, time

from insights.rules.reports import (
    GAVE_UP,
    NO_LONGER_ALLOWED,
    NO_RECIPIENTS,
    NOT_A_MEMBER,
    SCHEDULE_DELETED,
    Cadence,
)

STATES = {
    "pending": "It waits to be made.",
    "running": "It is being made.",
    "sent": "It was sent.",
}
REASONS = {
    NO_RECIPIENTS: "Nobody of its recipients may see it any more. Name others, then have it sent.",
    SCHEDULE_DELETED: "The schedule was deleted before it was made.",
    GAVE_UP: "It could not be made in three tries. Have it sent again; if that fails too, tell us the run's id.",
    NOT_A_MEMBER: "Left the organization.",
    NO_LONGER_ALLOWED: "Has no role that may see reports any more.",
}


def rhythm(cadence: Cadence, weekday: str, at: time, zone: str) -> str:
    """When it is sent."""
    days = {
        Cadence.DAILY: "Every day",
        Cadence.WEEKLY: f"Every {weekday.capitalize()}",
        Cadence.MONTHLY: "On the first day of every month",
    }
    return f"{days[cadence]} at {at:%H:%M} ({zone})"


def period(first: date, last: date) -> str:
    """Which days it is about."""
    return f"{first:%d %b %Y}" if first == last else f"{first:%d %b %Y} to {last:%d %b %Y}"


def files(names: list[str], left_out: list[str]) -> str:
    """What is attached, and what was too large for it."""
    said = [f"Attached: {', '.join(names)}."] if names else []
    if left_out:
        said.append(f"Too large for a mail, to be fetched from the report's page: {', '.join(left_out)}.")
    return " ".join(said)

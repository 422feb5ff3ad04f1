"""The one clock. Rules take the time as an argument; services and repositories ask here."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC)

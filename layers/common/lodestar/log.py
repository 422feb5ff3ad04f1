"""Logs are data: an event's name and its fields, one JSON object a line, with the correlation id.

No personal data goes into a log. `log.info("slot_booked", booking_id=...)`.
"""

from contextvars import ContextVar

from aws_lambda_powertools import Logger

from lodestar.config import settings
from lodestar.ids import new_id

LONGEST_CORRELATION_ID = 64
_correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")

log = Logger(service=settings().service, level=settings().log_level, use_rfc3339=True)


def correlation_id() -> str:
    """The id that joins a request, its events and its state machines in the logs."""
    return _correlation_id.get() or begin_correlation(None)


def begin_correlation(value: str | None) -> str:
    """Continue the caller's correlation, or begin a new one. Anything but a short token is replaced."""
    if (
        not value
        or len(value) > LONGEST_CORRELATION_ID
        or not value.replace("-", "").replace("_", "").isalnum()
    ):
        value = str(new_id())
    _correlation_id.set(value)
    log.append_keys(correlation_id=value)
    return value

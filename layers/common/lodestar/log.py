"""Logs are data: an event's name and its fields, one JSON object a line, with the correlation id.

No personal data goes into a log. `log.info("slot_booked", booking_id=...)`.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from lodestar.config import settings
from lodestar.ids import new_id

LONGEST_CORRELATION_ID = 64
_correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")
_DETAIL = re.compile(r"""'D': (?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")
_VALIDATED = re.compile(r"input_value=.*?, input_type=", re.DOTALL)
"""Where pydantic quotes what it refused."""
_INPUT = re.compile(r"""(invalid input (?:syntax|value) for [^:]+: )\\?".*?\\?"(?=['"])""")
"""Where PostgreSQL's errors, as pg8000 spells them, quote a row or a value: `Key (email)=(...) already exists.`"""


class Formatter(LambdaPowertoolsFormatter):
    """Powertools' JSON with our names for its fields, the correlation id of the moment, and no row's values."""

    def serialize(self, log: Any) -> str:
        """The line. The fields of one entry are its own, so they may be changed here."""
        known = {
            "timestamp": log.pop("timestamp"),
            "level": log.pop("level"),
            "domain": log.pop("service", settings().service),
            "event": log.pop("message"),
            "correlation_id": _correlation_id.get(),
        }
        if "exception" in log:
            log["exception"] = without_values(log["exception"])
        return super().serialize({**known, **log})


def without_values(error: str) -> str:
    """An error's text without the values of the row that it is about."""
    cleaned = _INPUT.sub(r"\1...", _DETAIL.sub("'D': '...'", error))
    return _VALIDATED.sub("input_value=..., input_type=", cleaned)


log = Logger(
    service=settings().service,
    level=settings().log_level,
    logger_formatter=Formatter(use_rfc3339=True, utc=True, serialize_stacktrace=False),
)
logging.getLogger("mangum.http").setLevel(
    logging.CRITICAL
)  # it logs once more what lodestar.api has answered


def correlation_id() -> str:
    """The id that joins a request, its events and its state machines in the logs."""
    return _correlation_id.get() or begin_correlation(None)


def begin_correlation(value: str | None) -> str:
    """Continue the caller's correlation, or begin a new one. Anything but a short token is replaced."""
    if (
        not value
        or len(value) > LONGEST_CORRELATION_ID
        or not value.isascii()
        or not value.replace("-", "").replace("_", "").isalnum()
    ):
        value = str(new_id())
    _correlation_id.set(value)
    return value


def begin_request(event: Mapping[str, Any]) -> str:
    """Continue the browser's correlation, or begin one that API Gateway's own answers name too: its request's id."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    return begin_correlation(
        headers.get("x-correlation-id") or event.get("requestContext", {}).get("requestId")
    )


@contextmanager
def continuing(value: str | None) -> Iterator[None]:
    """What happens within belongs to the correlation `value`, where there is one, and not to that of the caller."""
    before = correlation_id()
    if value:
        begin_correlation(value)
    try:
        yield
    finally:
        _correlation_id.set(before)

"""SendGrid's error bodies and headers. Source: https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits"""

import time
from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import JSONResponse

from simulators.control import VendorFault

HELP = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html#message."
_WORDS = {429: "too many requests", 500: "internal server error", 503: "service unavailable"}


class ApiError(Exception):
    """One or more faults of a request: (message, field, name of the help's section)."""

    def __init__(self, status: int, *faults: tuple[str, str | None, str | None]) -> None:
        super().__init__(faults[0][0])
        self.status, self.faults = status, faults


def answered(_: Request, error: Exception) -> JSONResponse:
    """The answer to an ApiError."""
    assert isinstance(error, ApiError)  # noqa: S101 - registered for no other
    return body(error.status, *error.faults)


def fault(_: Request, error: Exception) -> JSONResponse:
    """The answer to what was ordered through /_control."""
    assert isinstance(error, VendorFault)  # noqa: S101 - registered for no other
    headers = {}
    if error.retry_after is not None:
        reset = int(time.time()) + error.retry_after
        headers = {"X-RateLimit-Limit": "600", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset)}
    return body(error.status, (_WORDS[error.status], None, None), headers=headers)


def body(
    status: int, *faults: tuple[str, str | None, str | None], headers: Mapping[str, str] | None = None
) -> JSONResponse:
    errors = [
        {"message": message, "field": field, "help": HELP + section if section else None}
        for message, field, section in faults
    ]
    return JSONResponse({"errors": errors}, status, headers=dict(headers or {}))

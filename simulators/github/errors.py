"""GitHub's error bodies and rate-limit headers.

Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

import time

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from simulators.control import VendorFault

DOCUMENTATION = "https://docs.github.com/rest"
LIMIT = 60
WINDOW_SECONDS = 3600


class ApiError(Exception):
    """An error with the vendor's status and words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def rate_headers(response: Response) -> None:
    response.headers.update(_limits(remaining=LIMIT - 1))


def _limits(*, remaining: int) -> dict[str, str]:
    return {
        "x-ratelimit-limit": str(LIMIT),
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-used": str(LIMIT - remaining),
        "x-ratelimit-reset": str(int(time.time()) + WINDOW_SECONDS),
        "x-ratelimit-resource": "core",
    }


def answered(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)  # noqa: S101 - registered for no other
    body = {"message": error.message, "documentation_url": DOCUMENTATION, "status": str(error.status)}
    return JSONResponse(body, error.status, headers=_limits(remaining=LIMIT - 1))


def invalid(_: Request, error: Exception) -> JSONResponse:
    body = {"message": "Validation Failed", "errors": [str(error)], "documentation_url": DOCUMENTATION}
    return JSONResponse(body, 422, headers=_limits(remaining=LIMIT - 1))


def fault(_: Request, error: Exception) -> JSONResponse:
    """An order of /_control; GitHub says 403 where it limits the rate of requests."""
    assert isinstance(error, VendorFault)  # noqa: S101 - registered for no other
    if error.status != 429:  # noqa: PLR2004
        return JSONResponse({"message": "Server Error", "documentation_url": DOCUMENTATION}, error.status)
    headers = _limits(remaining=0) | {"retry-after": str(error.retry_after or 0)}
    body = {"message": "API rate limit exceeded for your address.", "documentation_url": DOCUMENTATION}
    return JSONResponse(body, 403, headers=headers)

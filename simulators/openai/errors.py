"""OpenAI's error bodies and headers. Source: https://platform.openai.com/docs/guides/error-codes"""

from uuid import uuid4

from fastapi import Request
from fastapi.responses import JSONResponse

from simulators.control import VendorFault

_FAULTS = {
    429: ("Rate limit reached for requests.", "requests", "rate_limit_exceeded"),
    500: ("The server had an error while processing your request.", "server_error", None),
    503: ("The engine is currently overloaded, please try again later.", "server_error", None),
}


class ApiError(Exception):
    """An error with the vendor's status, type and code."""

    def __init__(
        self, status: int, message: str, *, code: str | None, kind: str = "invalid_request_error"
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.kind = kind


def answered(_: Request, error: Exception) -> JSONResponse:
    """The answer to an ApiError."""
    assert isinstance(error, ApiError)  # noqa: S101 - registered for no other
    return _response(error.status, error.message, kind=error.kind, code=error.code)


def invalid(_: Request, error: Exception) -> JSONResponse:
    """The answer to a request that is not of the documented form."""
    return _response(400, f"Invalid request. {error}", kind="invalid_request_error", code=None)


def fault(_: Request, error: Exception) -> JSONResponse:
    """The answer to what was ordered through /_control."""
    assert isinstance(error, VendorFault)  # noqa: S101 - registered for no other
    message, kind, code = _FAULTS[error.status]
    return _response(error.status, message, kind=kind, code=code, retry_after=error.retry_after)


def request_id() -> str:
    return f"req_{uuid4().hex}"


def _response(
    status: int, message: str, *, kind: str, code: str | None, retry_after: int | None = None
) -> JSONResponse:
    headers = {"x-request-id": request_id()}
    if retry_after is not None:
        headers |= {"retry-after": str(retry_after), "x-ratelimit-remaining-requests": "0"}
    error = {"message": message, "type": kind, "param": None, "code": code}
    return JSONResponse({"error": error}, status, headers=headers)

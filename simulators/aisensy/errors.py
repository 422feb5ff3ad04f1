"""AiSensy's error bodies."""

from uuid import uuid4

from fastapi import Request
from fastapi.responses import JSONResponse

from simulators.control import VendorFault

_WORDS = {429: "Too many requests", 500: "Internal server error", 503: "Service unavailable"}


class ApiError(Exception):
    """A refusal."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def answered(_: Request, error: Exception) -> JSONResponse:
    """The answer to an ApiError."""
    assert isinstance(error, ApiError)  # noqa: S101 - registered for no other
    return _response(error.status, error.message)


def fault(_: Request, error: Exception) -> JSONResponse:
    """The answer to what was ordered through /_control. AiSensy documents no header of its 429."""
    assert isinstance(error, VendorFault)  # noqa: S101 - registered for no other
    return _response(error.status, _WORDS[error.status])


def _response(status: int, message: str) -> JSONResponse:
    return JSONResponse(
        {
            "name": f"ERR{status}",
            "message": message,
            "errorCode": status,
            "errorMessage": message,
            "aisTraceId": f"ais_{uuid4().hex[:16]}",
        },
        status,
    )

"""Bolna's error bodies."""

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
    return JSONResponse({"error": error.status, "message": error.message}, error.status)


def fault(_: Request, error: Exception) -> JSONResponse:
    """The answer to what was ordered through /_control. Bolna documents no header of its 429."""
    assert isinstance(error, VendorFault)  # noqa: S101 - registered for no other
    return JSONResponse({"error": error.status, "message": _WORDS[error.status]}, error.status)

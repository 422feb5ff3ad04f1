"""Google's error bodies. Source: https://cloud.google.com/apis/design/errors"""

from fastapi import Request
from fastapi.responses import JSONResponse

from simulators.control import VendorFault

STATUSES = {
    400: "INVALID_ARGUMENT",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
_MESSAGES = {
    429: "You exceeded your current quota. Please retry later.",
    500: "An internal error has occurred. Please retry.",
    503: "The model is overloaded. Please try again later.",
}


class ApiError(Exception):
    """An error with the vendor's status and words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def answered(_: Request, error: Exception) -> JSONResponse:
    """The answer to an ApiError."""
    assert isinstance(error, ApiError)  # noqa: S101 - registered for no other
    return JSONResponse(_body(error.status, error.message), error.status)


def invalid(_: Request, error: Exception) -> JSONResponse:
    """The answer to a request that is not of the documented form."""
    return JSONResponse(_body(400, f"Invalid JSON payload received. {error}"), 400)


def fault(_: Request, error: Exception) -> JSONResponse:
    """The answer to what was ordered through /_control."""
    assert isinstance(error, VendorFault)  # noqa: S101 - registered for no other
    body = _body(error.status, _MESSAGES[error.status])
    if error.retry_after is not None:
        retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{error.retry_after}s"}
        body["error"]["details"] = [retry]
    return JSONResponse(body, error.status)


def _body(status: int, message: str) -> dict[str, dict[str, object]]:
    return {"error": {"code": status, "message": message, "status": STATUSES[status]}}

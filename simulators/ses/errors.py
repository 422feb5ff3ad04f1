"""SES's error bodies. Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html"""

from fastapi import Request
from fastapi.responses import JSONResponse

from simulators.control import VendorFault

_FAULTS = {
    429: ("TooManyRequestsException", "Maximum sending rate exceeded."),
    500: ("InternalFailure", "The request processing has failed because of an unknown error."),
    503: ("ServiceUnavailable", "The request has failed due to a temporary failure of the server."),
}


class ApiError(Exception):
    """A refusal; `code` is AWS's name for it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def answered(_: Request, error: Exception) -> JSONResponse:
    """The answer to an ApiError."""
    assert isinstance(error, ApiError)  # noqa: S101 - registered for no other
    return _body(error.status, error.code, error.message)


def fault(_: Request, error: Exception) -> JSONResponse:
    """The answer to what was ordered through /_control. SES says nothing of when to come again."""
    assert isinstance(error, VendorFault)  # noqa: S101 - registered for no other
    code, words = _FAULTS[error.status]
    return _body(error.status, code, words)


def _body(status: int, code: str, words: str) -> JSONResponse:
    return JSONResponse({"message": words}, status, headers={"x-amzn-ErrorType": code})

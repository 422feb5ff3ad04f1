"""The embedded gateway's own errors as problem documents: on AWS the template's GatewayResponses say the same."""

import json
from collections.abc import Mapping
from typing import ClassVar

from lodestar.problems import Forbidden, NotFound, Problem, Unauthenticated, Unavailable

GATEWAY_HEADER = "x-amzn-errortype"
RETRY_AFTER_SECONDS = "1"


class BodyTooLarge(Problem):
    """A Lambda takes at most 6 MB; files go to storage by a presigned upload."""

    status: ClassVar[int] = 413
    code: ClassVar[str] = "body_too_large"
    title: ClassVar[str] = "The request's body is larger than 6 MB"


class Throttled(Problem):
    """The stage's limit of requests, or the account's limit of concurrent functions."""

    status: ClassVar[int] = 429
    code: ClassVar[str] = "rate_limited"
    title: ClassVar[str] = "Too many requests"


class GatewayTimeout(Problem):
    """The function took longer than a gateway waits."""

    status: ClassVar[int] = 504
    code: ClassVar[str] = "timeout"
    title: ClassVar[str] = "The answer took too long"


def gateway_problem(status: int, headers: Mapping[str, str], body: bytes) -> Problem | None:
    """The problem that an answer of the gateway itself stands for; None for a function's answer."""
    if not (GATEWAY_HEADER in headers or _is_bare_message(headers, body)):
        return None
    if "missingauthenticationtoken" in headers.get(GATEWAY_HEADER, "").lower():
        return NotFound("No operation has this method and path.")
    again = {"Retry-After": RETRY_AFTER_SECONDS}
    problems: dict[int, Problem] = {
        401: Unauthenticated(headers={"WWW-Authenticate": "Bearer"}),
        403: Forbidden(),
        404: NotFound(),
        413: BodyTooLarge("Send files by a presigned upload: POST /v1/media/uploads."),
        429: Throttled("Try again in a second.", headers=again),
        503: Unavailable(headers=again),
        504: GatewayTimeout("Nothing tells whether it was done: repeat it with the same Idempotency-Key."),
    }
    return problems.get(status, Problem())


def _is_bare_message(headers: Mapping[str, str], body: bytes) -> bool:
    """The gateway answers `{"message": ...}` and nothing else, which no function does."""
    if not headers.get("content-type", "").startswith("application/json"):
        return False
    try:
        document = json.loads(body)
    except ValueError:
        return False
    return isinstance(document, dict) and {name.lower() for name in document} == {"message"}

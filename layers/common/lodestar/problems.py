"""RFC 9457 problem documents as exceptions: raised anywhere, answered by the edge.

A domain's `errors.py` subclasses `Problem`; the class is the documentation (status, stable code, title),
the instance says what a person can do about it.
"""

from typing import Any, ClassVar

RETRY_AFTER_SECONDS = 5
"""After which something that did not answer is asked again."""


class Problem(Exception):
    """Something the caller can be told about. Unknown keyword arguments become members of the document."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Something went wrong on our side"

    def __init__(
        self, detail: str | None = None, *, headers: dict[str, str] | None = None, **members: Any
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.headers = headers or {}
        self.members = members

    def document(self, correlation_id: str) -> dict[str, Any]:
        """The body of the answer, as `application/problem+json`."""
        return {
            "type": f"https://lodestar.dev/problems/{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "correlation_id": correlation_id,
            **self.members,
        }


class BadRequest(Problem):
    """The request cannot be read at all: no JSON, no UTF-8, or nested without end."""

    status = 400
    code = "bad_request"
    title = "The request could not be read"


class NotFound(Problem):
    """Absent, a peer's, or another tenant's: the answer is the same."""

    status = 404
    code = "not_found"
    title = "There is nothing here that you can see"


class Unauthenticated(Problem):
    """No credentials, or credentials that are no longer good."""

    status = 401
    code = "unauthenticated"
    title = "Sign in first"


class Forbidden(Problem):
    """This role may never do that."""

    status = 403
    code = "forbidden"
    title = "Your role does not allow this"


class FeatureOff(Problem):
    """The organization has switched this off for its learners (JR-14); nothing of it is lost. `feature` says what."""

    status = 403
    code = "feature_off"
    title = "Your institution has switched this off for now; what you did is kept"


class OrganizationRequired(Problem):
    """The caller belongs to several organizations and named none, or one that is not theirs."""

    status = 400
    code = "organization_required"
    title = "Name one of your organizations in the header Lodestar-Organization"


class MethodNotAllowed(Problem):
    """The resource is there, but takes other methods only: those in `Allow`."""

    status = 405
    code = "method_not_allowed"
    title = "This resource does not take this method"


class Conflict(Problem):
    """The state of things does not allow this now."""

    status = 409
    code = "conflict"
    title = "This conflicts with the current state"


class StaleVersion(Problem):
    """If-Match names a version that is no longer the current one (RFC 9110, 13.1.1)."""

    status = 412
    code = "stale_version"
    title = "Someone changed this in the meantime; read it again and repeat your change"


class InvalidContent(Problem):
    """The content cannot be accepted. `errors` lists the fields: `{"field", "code", "message"}`."""

    status = 422
    code = "invalid_content"
    title = "The content is not acceptable"


class IdempotencyKeyReused(Problem):
    """The same Idempotency-Key came before with another body."""

    status = 422
    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for a different request"


class RequestInProgress(Problem):
    """The first request with this Idempotency-Key is still being worked on. `Retry-After` says when to ask again."""

    status = 409
    code = "request_in_progress"
    title = "The same request is still being worked on; repeat it for its answer"

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "1"})


class SecretAlreadyShown(Problem):
    """A repeated request whose first answer held a secret, which is shown once and never kept."""

    status = 409
    code = "secret_already_shown"
    title = "The answer held a secret that is shown only once"


class RateLimited(Problem):
    """Too many of the dear or abusable calls. `Retry-After` says in seconds when to come back."""

    status = 429
    code = "rate_limited"
    title = "Too many requests of this kind"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(
            f"Try again in {retry_after_seconds} seconds.", headers={"Retry-After": str(retry_after_seconds)}
        )


class Unavailable(Problem):
    """Something that we depend on does not answer; nothing was changed. `Retry-After` says when to ask again."""

    status = 503
    code = "unavailable"
    title = "A service we depend on does not answer right now"

    def __init__(self, detail: str | None = None, **members: Any) -> None:
        super().__init__(detail, headers={"Retry-After": str(RETRY_AFTER_SECONDS)}, **members)

"""The way of an approved privacy request through its state machine, as far as identity decides it."""

from uuid import UUID

from identity.errors import DomainsMissing
from identity.models.privacy_requests import PrivacyRequest
from identity.repository import privacy_requests as repository
from identity.rules import privacy as rules
from identity.schemas.privacy_requests import PrivacyStep
from lodestar import audit, clock, operations
from lodestar.contracts.privacy import RequestNotRunning
from lodestar.db import work_for

SUBJECT = "privacy_request"
HELD = "A legal hold was placed meanwhile. Release it in the retention policies, then decide again."
GIVEN_UP = "It could not be fulfilled after several tries. Decide again once the cause is mended."


def claim(step: PrivacyStep) -> str:
    """Take the request for this execution; answers its kind, or `nothing` when another one has it."""
    now = clock.now()
    with work_for(step.org_id) as session:
        request = repository.request_of(session, step.request_id, lock=True)
        if request is None or request.state not in ("approved", "running"):
            return "nothing"
        fresh = request.claimed_at is not None and request.claimed_at > now - rules.LEASE
        if request.state == "running" and request.claimed_by != step.execution and fresh:
            return "nothing"
        if request.claimed_by != step.execution:
            request.tries += 1
        request.state, request.claimed_by, request.claimed_at = "running", step.execution, now
        operations.advance(session, request.operation_id, percent=10, message="Every part is being asked.")
        return request.kind


def give_back(step: PrivacyStep) -> bool:
    """After a failure: free for reconcile, or given up; after a hold: to be decided again. True when given up."""
    with work_for(step.org_id) as session:
        request = repository.request_of(session, step.request_id, lock=True)
        if request is None or request.state != "running" or request.claimed_by != step.execution:
            return False
        request.claimed_by = None
        if step.held:
            request.state, request.problem_detail = "pending", HELD
        elif request.tries < rules.MOST_TRIES:
            request.state = "approved"
        else:
            request.state, request.problem_detail = "failed", GIVEN_UP
            problem = {"code": "privacy_request_failed", "status": 500, "detail": GIVEN_UP}
            operations.fail(session, request.operation_id, problem=problem)
            audit.record(session, "privacy_request.failed", subject_type=SUBJECT, subject_id=request.id)
        return request.state == "failed"


def running(request: PrivacyRequest | None, request_id: UUID) -> PrivacyRequest:
    """The request. Raises RequestNotRunning."""
    if request is None or request.state != "running":
        raise RequestNotRunning(str(request_id))
    return request


def require_all(domains: set[str]) -> None:
    """Raises DomainsMissing unless every domain answered."""
    if missing := rules.DOMAINS - domains:
        raise DomainsMissing(", ".join(sorted(missing)))

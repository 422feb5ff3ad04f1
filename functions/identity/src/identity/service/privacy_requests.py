"""People ask for what is kept of them, or that it goes; an administrator decides on the latter."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from identity.errors import AlreadyDecided, LastAdministrator, LegalHold, PersonRequired, PrivacyRequestOpen
from identity.models.privacy_requests import PrivacyRequest
from identity.repository import memberships
from identity.repository import privacy_requests as repository
from identity.rules import privacy as rules
from identity.schemas.privacy_requests import (
    Download,
    PrivacyDecisionCreate,
    PrivacyKind,
    PrivacyRequestCreate,
    PrivacyRequestDetail,
)
from identity.schemas.role_requests import Ruling
from lodestar import audit, clock, events, limits, operations
from lodestar.adapters.storage import object_store
from lodestar.contracts.identity import ErasureRequested, ExportRequested
from lodestar.ids import new_id
from lodestar.pagination import Page, PageQuery
from lodestar.principal import ADMINISTRATORS, Principal, Role
from lodestar.problems import Forbidden, NotFound

SUBJECT = "privacy_request"
REQUESTS_A_DAY = 10
"""D-20: an export is dear."""


def list_requests(
    session: Session, caller: Principal, *, page: PageQuery, kind: str | None, state: str | None
) -> Page[PrivacyRequest]:
    """Administrators see the organization's, everybody else their own."""
    mine = None if caller.has(*ADMINISTRATORS) else caller.user_id
    return repository.requests(session, page, user_id=mine, kind=kind, state=state)


def read(session: Session, caller: Principal, request_id: UUID) -> PrivacyRequestDetail:
    """One request, with a fresh link to its archive for those who may fetch it."""
    mine = None if caller.has(*ADMINISTRATORS) else caller.user_id
    request = repository.request_of(session, request_id, user_id=mine)
    if request is None:
        raise NotFound()
    detail = PrivacyRequestDetail.model_validate(request)
    theirs = caller.user_id in (request.user_id, request.requested_by) and caller.api_key_id is None
    now = clock.now()
    if theirs and request.export_key and request.export_expires_at and request.export_expires_at > now:
        url = object_store().presign_get(
            request.export_key,
            expires_seconds=rules.LINK_SECONDS,
            filename="my-data.zip",
            content_type="application/zip",
        )
        detail.download = Download(url=url, expires_at=now + timedelta(seconds=rules.LINK_SECONDS))
    return detail


def ask(session: Session, caller: Principal, body: PrivacyRequestCreate) -> PrivacyRequest:
    """An export starts at once, an erasure waits for a decision. Raises RateLimited, PrivacyRequestOpen."""
    if caller.api_key_id is not None:
        raise PersonRequired()
    user_id = body.user_id or caller.user_id
    if user_id != caller.user_id:
        _require_administration(session, caller, user_id)
    limits.spend(session, "privacy_requests", caller.user_id, capacity=REQUESTS_A_DAY, per_seconds=86_400)
    request = open_request(session, user_id=user_id, kind=body.kind, requested_by=caller.user_id)
    if body.kind == PrivacyKind.EXPORT:
        start(session, request)
    audit.record(
        session, "privacy_request.created", subject_type=SUBJECT, subject_id=request.id,
        after={"kind": request.kind, "user_id": str(user_id)},
    )  # fmt: skip
    return request


def open_request(
    session: Session, *, user_id: UUID, kind: PrivacyKind, requested_by: UUID | None
) -> PrivacyRequest:
    """A new request with its operation. Raises PrivacyRequestOpen."""
    standing = repository.open_request(session, user_id=user_id, kind=kind)
    if standing is not None:
        raise PrivacyRequestOpen(
            f"The request of {standing.created_at:%Y-%m-%d} is {standing.state}.", request_id=str(standing.id)
        )
    request_id = new_id()
    operation_id = operations.begin(session, f"privacy_{kind}", subject_type=SUBJECT, subject_id=request_id)
    request = PrivacyRequest(
        id=request_id,
        user_id=user_id,
        requested_by=requested_by,
        kind=kind.value,
        state="approved" if kind == PrivacyKind.EXPORT else "pending",
        due_at=clock.now() + rules.ANSWERED_WITHIN,
        operation_id=operation_id,
    )
    session.add(request)
    session.flush()
    return request


def decide(
    session: Session, caller: Principal, *, request_id: UUID, body: PrivacyDecisionCreate
) -> PrivacyRequest:
    """Approve an erasure, which ends the person's memberships and starts it, or reject it.

    One that failed may be decided again. Raises AlreadyDecided, LegalHold, LastAdministrator.
    """
    if caller.api_key_id is not None:
        raise PersonRequired()
    request = repository.request_of(session, request_id, lock=True)
    if request is None:
        raise NotFound()
    before = request.state
    if request.kind != "erase" or before not in ("pending", "failed"):
        raise AlreadyDecided(f"This request is {before}.")
    if body.decision == Ruling.APPROVED:
        approve(session, request)
    else:
        request.state = "rejected"
        operations.fail(session, request.operation_id, problem={"code": "rejected", "detail": body.reason})
    request.decided_by, request.decided_at = caller.user_id, clock.now()
    request.decision_reason, request.problem_detail = body.reason, None
    session.flush()
    audit.record(
        session, f"privacy_request.{body.decision}", subject_type=SUBJECT, subject_id=request.id,
        before={"state": before}, after={"state": request.state}, reason=body.reason,
    )  # fmt: skip
    return request


def approve(session: Session, request: PrivacyRequest) -> None:
    """The erasure begins. Raises LegalHold, LastAdministrator."""
    if repository.is_held(session, request.user_id):
        raise LegalHold()
    for role in map(Role, repository.standing_roles(session, request.user_id)):
        if role in ADMINISTRATORS and memberships.lock_holders(session, role) == 1:
            raise LastAdministrator()
    repository.end_memberships(session, request.user_id, now=clock.now())
    request.state, request.tries = "approved", 0
    start(session, request)


def start(session: Session, request: PrivacyRequest) -> None:
    """Tell the state machine."""
    told = ExportRequested if request.kind == "export" else ErasureRequested
    events.emit(session, told(request_id=request.id))


def _require_administration(session: Session, caller: Principal, user_id: UUID) -> None:
    if not caller.has(*ADMINISTRATORS):
        raise Forbidden("Only administrators ask for somebody else.")
    if not memberships.was_here(session, user_id):
        raise NotFound("There is no such person here.")

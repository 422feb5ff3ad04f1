"""People ask for a role; an administrator decides."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy.orm import Session

from identity.errors import AlreadyDecided, AlreadyMember, AlreadyRequested, EmailNotVerified
from identity.models.role_requests import RoleRequest
from identity.repository import memberships as members
from identity.repository import organizations, users
from identity.repository import role_requests as repository
from identity.schemas.role_requests import RoleRequestCreate, RoleRequestDecisionCreate, Ruling
from identity.service import memberships
from lodestar import audit, clock
from lodestar.db import act_for
from lodestar.pagination import Page, PageQuery
from lodestar.principal import ADMINISTRATORS, NOBODY, Principal, Role
from lodestar.problems import NotFound, OrganizationRequired

SUBJECT = "role_request"


def list_requests(
    session: Session, caller: Principal, *, page: PageQuery, state: str | None
) -> Page[RoleRequest]:
    """Administrators see the organization's, everybody else their own."""
    mine = None if caller.has(*ADMINISTRATORS) else caller.user_id
    return repository.requests(session, page, user_id=mine, state=state)


def ask(session: Session, caller: Principal, body: RoleRequestCreate) -> RoleRequest:
    """A request to an organization, the asker's own or one that they want to join."""
    org_id = body.organization_id or caller.org_id
    if org_id == NOBODY:
        raise OrganizationRequired("Name the organization in organization_id.")
    act_for(session, replace(caller, org_id=org_id))
    organization = organizations.organization_of(session, org_id)
    if organization is None or organization.state != "verified":
        raise NotFound("There is no such organization.")
    _require_verified_email(session, caller.user_id, body.role)
    if members.standing(session, user_id=caller.user_id, role=body.role):
        raise AlreadyMember()
    if repository.is_pending(session, user_id=caller.user_id, role=body.role):
        raise AlreadyRequested()
    request = RoleRequest(user_id=caller.user_id, role=body.role.value, reason=body.reason)
    session.add(request)
    session.flush()
    audit.record(
        session,
        "role_request.created",
        subject_type=SUBJECT,
        subject_id=request.id,
        after={"role": request.role},
        reason=body.reason,
    )
    return request


def decide(
    session: Session, caller: Principal, *, request_id: UUID, body: RoleRequestDecisionCreate
) -> RoleRequest:
    """Approve, which makes the person a member, or reject. A role above the decider's own is not theirs to decide:
    administrators are approved by the platform's, and have a verified e-mail address."""
    request = repository.request_of(session, request_id)
    if request is None:
        raise NotFound()
    role = Role(request.role)
    memberships.require_grantable(session, caller, role)
    if request.state != "pending":
        raise AlreadyDecided(f"This request was {request.state}.")
    if body.decision == Ruling.APPROVED:
        _require_verified_email(session, request.user_id, role)
        memberships.grant(session, user_id=request.user_id, role=role, reason=body.reason)
    request.state, request.decision_reason = body.decision.value, body.reason
    request.decided_by, request.decided_at = caller.user_id, clock.now()
    session.flush()
    audit.record(
        session,
        f"role_request.{body.decision}",
        subject_type=SUBJECT,
        subject_id=request.id,
        before={"state": "pending"},
        after={"state": request.state, "role": request.role},
        reason=body.reason,
    )
    return request


def _require_verified_email(session: Session, user_id: UUID, role: Role) -> None:
    if role in ADMINISTRATORS and not users.has_verified_email(session, user_id):
        raise EmailNotVerified("Administrators need a verified e-mail address.")

"""People ask for a role; an administrator decides."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy.orm import Session

from identity.errors import AlreadyDecided, AlreadyMember, AlreadyRequested, OwnRequest
from identity.models.role_requests import RoleRequest
from identity.repository import memberships as members
from identity.repository import organizations, users
from identity.repository import role_requests as repository
from identity.schemas.role_requests import RoleRequestCreate, RoleRequestDecisionCreate, Ruling
from identity.service import memberships
from lodestar import audit, clock, events
from lodestar.contracts.identity import RoleRequestChanged, holders
from lodestar.contracts.messaging import Category, Channel, MessageRequested, Recipient
from lodestar.db import act_for, work_for
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
    memberships.require_verified_email(session, caller.user_id, body.role)
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
    events.emit(session, RoleRequestChanged(request_id=request.id, state=request.state))
    return request


def decide(
    session: Session, caller: Principal, *, request_id: UUID, body: RoleRequestDecisionCreate
) -> RoleRequest:
    """Approve, which makes the person a member, or reject. A role above the decider's own is not theirs to decide:
    administrators are approved by the platform's, and have a verified e-mail address. One's own request is another's."""
    request = repository.request_of(session, request_id)
    if request is None:
        raise NotFound()
    role = Role(request.role)
    if request.user_id == caller.user_id:
        raise OwnRequest()
    memberships.require_grantable(session, caller, role)
    if request.state != "pending":
        raise AlreadyDecided(f"This request was {request.state}.")
    if body.decision == Ruling.APPROVED:
        memberships.require_verified_email(session, request.user_id, role)
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
    events.emit(session, RoleRequestChanged(request_id=request.id, state=request.state))
    return request


def tell(org_id: UUID, request_id: UUID) -> None:
    """Tell whoever can decide that somebody asks, or whoever asked what was decided. Told twice, it is one message."""
    with work_for(org_id) as session:
        request = repository.request_of(session, request_id)
        organization = organizations.organization_of(session, org_id)
        if request is None or organization is None:
            return
        if request.state != "pending":
            events.emit(session, _answer(session, request))
            return
        asked_of, person = organization.name, users.user_of(session, request.user_id)
        told_in, deciders = org_id, holders(session, Role.ORG_ADMIN)
        if Role(request.role) in ADMINISTRATORS:
            told_in, deciders = repository.platform_administrators(session) or (org_id, [])
    others = [one for one in deciders if one != request.user_id]
    if person is not None and others:
        question = _question(request, others, person_name=person.display_name, asked_of=asked_of)
        with work_for(told_in) as session:
            events.emit(session, question)


def _question(
    request: RoleRequest, deciders: Sequence[UUID], *, person_name: str, asked_of: str
) -> MessageRequested:
    variables = {
        "person_name": person_name,
        "role_name": request.role.replace("_", " "),
        "asked_of": asked_of,
    }
    recipients = tuple(Recipient(user_id=user_id) for user_id in deciders)
    return _message("role-requested", request, recipients, variables)


def _answer(session: Session, request: RoleRequest) -> MessageRequested:
    """To the asker, who may be no member: then by e-mail only."""
    recipient = Recipient(user_id=request.user_id)
    if not members.was_here(session, request.user_id):
        person = users.user_of(session, request.user_id)
        recipient = Recipient(email=person.email, name=person.display_name) if person else recipient
    variables = {
        "role_name": request.role.replace("_", " "),
        "decision": request.state,
        "reason": request.decision_reason or "",
    }
    return _message("role-request-decided", request, (recipient,), variables)


def _message(
    template_key: str, request: RoleRequest, recipients: tuple[Recipient, ...], variables: dict[str, str]
) -> MessageRequested:
    return MessageRequested(
        template_key=template_key,
        category=Category.TRANSACTIONAL,
        channels=(Channel.EMAIL, Channel.IN_APP),
        recipients=recipients,
        variables=variables,
        target_type=SUBJECT,
        target_id=request.id,
        dedupe_key=f"{SUBJECT}:{request.id}:{request.state}",
    )

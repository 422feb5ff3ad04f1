"""Giving and taking roles."""

from uuid import UUID

from sqlalchemy.orm import Session

from identity.errors import (
    AlreadyMember,
    EmailNotVerified,
    LastAdministrator,
    RoleNotGrantable,
    RoleOutsidePlatform,
)
from identity.models.memberships import Membership
from identity.repository import memberships as repository
from identity.repository import organizations, users
from identity.repository.memberships import Member
from identity.rules import roles
from identity.schemas.members import MemberCreate, MemberUpdate
from lodestar import audit, clock, events
from lodestar.contracts.identity import MembershipCreated
from lodestar.db import expect_version
from lodestar.pagination import Page, PageQuery
from lodestar.principal import ADMINISTRATORS, Principal, Role
from lodestar.problems import NotFound

SUBJECT = "membership"


def list_members(
    session: Session, page: PageQuery, *, role: Role | None, user_id: UUID | None, email: str | None
) -> Page[Member]:
    """The standing memberships of the organization."""
    return repository.members(session, page, role=role, user_id=user_id, email=email)


def add(session: Session, caller: Principal, body: MemberCreate) -> Member:
    """A further role for a person of this organization."""
    require_grantable(session, caller, body.role)
    if not repository.was_here(session, body.user_id):
        raise NotFound("There is no such person here. Invite them.")
    if repository.standing(session, user_id=body.user_id, role=body.role):
        raise AlreadyMember()
    require_verified_email(session, body.user_id, body.role)
    return _shown(session, grant(session, user_id=body.user_id, role=body.role))


def change(
    session: Session, caller: Principal, *, membership_id: UUID, body: MemberUpdate, if_match: int | None
) -> Member:
    """Another role instead; the caller must be able to give both."""
    held = _held(session, membership_id)
    expect_version(held, if_match)
    if held.role == body.role:
        return _shown(session, held)
    require_grantable(session, caller, Role(held.role))
    require_grantable(session, caller, body.role)
    if repository.standing(session, user_id=held.user_id, role=body.role):
        raise AlreadyMember()
    require_verified_email(session, held.user_id, body.role)
    _keep_an_administrator(session, Role(held.role))
    before, held.role = {"role": held.role}, body.role.value
    session.flush()
    audit.record(
        session,
        "membership.changed",
        subject_type=SUBJECT,
        subject_id=held.id,
        before=before,
        after={"role": held.role},
    )
    _tell(session, held)
    return _shown(session, held)


def end(session: Session, caller: Principal, membership_id: UUID) -> None:
    """Take the role; people may give up their own."""
    held = _held(session, membership_id)
    if held.user_id != caller.user_id:
        require_grantable(session, caller, Role(held.role))
    _keep_an_administrator(session, Role(held.role))
    held.ended_at = clock.now()
    before = {"user_id": str(held.user_id), "role": held.role}
    audit.record(session, "membership.ended", subject_type=SUBJECT, subject_id=held.id, before=before)


def grant(session: Session, *, user_id: UUID, role: Role, reason: str | None = None) -> Membership:
    """Make the person a member in this role, and tell; the standing membership when they are one already."""
    held, is_new = repository.stand(session, user_id=user_id, role=role)
    if not is_new:
        return held
    after = {"user_id": str(user_id), "role": role.value}
    audit.record(
        session, "membership.created", subject_type=SUBJECT, subject_id=held.id, after=after, reason=reason
    )
    _tell(session, held)
    return held


def require_grantable(session: Session, caller: Principal, role: Role) -> None:
    """Raises `RoleNotGrantable` for a role above the caller's own, `RoleOutsidePlatform` for one that cannot be here."""
    if role not in roles.grantable(caller.roles):
        raise RoleNotGrantable(f"You may not give or take the role {role}.")
    if role == Role.PLATFORM_ADMIN:
        organization = organizations.organization_of(session, caller.org_id)
        if organization is None or organization.kind != "platform":
            raise RoleOutsidePlatform()


def require_verified_email(session: Session, user_id: UUID, role: Role) -> None:
    """Raises `EmailNotVerified` for an administrator to be whose address nobody has proven (SB-41)."""
    if role in ADMINISTRATORS and not users.has_verified_email(session, user_id):
        raise EmailNotVerified("Administrators need a verified e-mail address.")


def _held(session: Session, membership_id: UUID) -> Membership:
    held = repository.membership_of(session, membership_id)
    if held is None:
        raise NotFound()
    return held


def _keep_an_administrator(session: Session, role: Role) -> None:
    if role in ADMINISTRATORS and repository.lock_holders(session, role) == 1:
        raise LastAdministrator()


def _tell(session: Session, held: Membership) -> None:
    events.emit(session, MembershipCreated(membership_id=held.id, user_id=held.user_id, role=Role(held.role)))


def _shown(session: Session, held: Membership) -> Member:
    found = repository.member_of(session, held.id)
    if found is None:
        raise NotFound()
    return found

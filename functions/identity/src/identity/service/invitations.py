"""Invitations: a link for one person and one role, good once, for 72 hours."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from identity.errors import InvitationClosed, WrongPassword
from identity.models.invitations import Invitation
from identity.repository import invitations as repository
from identity.repository import organizations, users
from identity.repository.invitations import Invited
from identity.rules import secrets
from identity.schemas.invitations import InvitationCreate
from identity.schemas.public import InvitationAcceptance
from identity.service import memberships
from lodestar import audit, clock, events, signing
from lodestar.config import settings
from lodestar.contracts.messaging import Category, Channel, MessageRequested, Recipient
from lodestar.db import act_for
from lodestar.ids import new_id
from lodestar.pagination import Page, PageQuery
from lodestar.principal import NOBODY, Principal, Role
from lodestar.problems import NotFound

LIFETIME = timedelta(hours=72)
"""X-27 of the requirements."""
DOUBLE_CLICK = timedelta(minutes=1)
"""Within which the same wish of the same person is one."""
SUBJECT = "invitation"
LINK_PATH = "/invitations/"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a link invites to."""

    organization_name: str
    email: str
    role: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Accepted:
    """What somebody became by a link."""

    organization_id: UUID
    email: str
    role: str


def state_of(invitation: Invitation | Invited, *, at: datetime) -> str:
    """`accepted`, `revoked`, `expired` or `open`."""
    if invitation.accepted_at is not None:
        return "accepted"
    if invitation.revoked_at is not None:
        return "revoked"
    return "open" if at < invitation.expires_at else "expired"


def shown(invitation: Invitation) -> dict[str, Any]:
    """The invitation as its organization sees it."""
    fields = (
        "id", "email", "role", "invited_by", "expires_at", "accepted_at", "created_at",
    )  # fmt: skip
    state = state_of(invitation, at=clock.now())
    return {**{name: getattr(invitation, name) for name in fields}, "state": state}


def list_invitations(session: Session, page: PageQuery) -> Page[Mapping[str, Any]]:
    """The organization's, newest first."""
    found = repository.invitations(session, page)
    return Page([shown(invitation) for invitation in found.data], found.page)


def invite(session: Session, caller: Principal, body: InvitationCreate) -> dict[str, Any]:
    """A fresh link, also sent by e-mail; an open one for the same person and role stops working. The caller's second
    click is answered with the link of the first."""
    memberships.require_grantable(session, caller, body.role)
    for older in repository.open_ones(session, email=body.email, role=body.role):
        if older.invited_by == caller.user_id and clock.now() < older.created_at + DOUBLE_CLICK:
            return _with_link(older)
        older.revoked_at = clock.now()
    session.flush()
    invitation_id = new_id()
    invitation = Invitation(
        id=invitation_id,
        email=body.email,
        role=body.role.value,
        token_hash=secrets.hash_of(_token_of(invitation_id)),
        invited_by=caller.user_id,
        expires_at=clock.now() + LIFETIME,
    )
    session.add(invitation)
    session.flush()
    after = {"role": invitation.role, "expires_at": invitation.expires_at.isoformat()}
    audit.record(session, "invitation.created", subject_type=SUBJECT, subject_id=invitation.id, after=after)
    events.emit(session, _letter(invitation))
    return _with_link(invitation)


def _with_link(invitation: Invitation) -> dict[str, Any]:
    token = _token_of(invitation.id)
    return {**shown(invitation), "token": token, "url": f"{settings().public_url}{LINK_PATH}{token}"}


def _token_of(invitation_id: UUID) -> str:
    return signing.token(SUBJECT, invitation_id.bytes)


def _letter(invitation: Invitation) -> MessageRequested:
    """The e-mail with the link. The link's token is made by whoever sends it: no row and no event holds it."""
    variables = {
        "role_name": invitation.role.replace("_", " "),
        "invitation_url": {"signed": SUBJECT, "id": str(invitation.id), "path": LINK_PATH},
        "expires_at": invitation.expires_at.isoformat(),
    }
    return MessageRequested(
        template_key="invitation",
        category=Category.TRANSACTIONAL,
        channels=(Channel.EMAIL,),
        recipients=(Recipient(email=invitation.email),),
        variables=variables,
        dedupe_key=f"invitation:{invitation.id}",
    )


def revoke(session: Session, caller: Principal, invitation_id: UUID) -> None:
    """The link stops working. One that was used stays used."""
    invitation = repository.invitation_of(session, invitation_id)
    if invitation is None:
        raise NotFound()
    memberships.require_grantable(session, caller, Role(invitation.role))
    if invitation.accepted_at is not None:
        raise InvitationClosed("This invitation was accepted already; end the membership instead.")
    if invitation.revoked_at is None:
        invitation.revoked_at = clock.now()
        audit.record(session, "invitation.revoked", subject_type=SUBJECT, subject_id=invitation.id)


def offer(session: Session, token: str) -> Offer:
    """What the link of this token invites to, while it is good."""
    invited = _located(session, token)
    act_for(session, Principal(user_id=NOBODY, org_id=invited.org_id))
    invitation = _read(session, invited)
    _refuse_unless_open(invitation)
    organization = organizations.organization_of(session, invitation.org_id)
    if organization is None:
        raise NotFound()
    return Offer(organization.name, invitation.email, invitation.role, invitation.expires_at)


def begin_acceptance(session: Session, token: str) -> Invited:
    """What the link invites to: its address needs an account. Raises `NotFound`, `InvitationClosed`.

    Where an organization already counts on this address, the link does not suffice to make one: the inviter, who has
    seen the link, would become that person there.
    """
    invited = _located(session, token)
    _refuse_unless_open(invited)
    return invited


def accept(session: Session, invited: Invited, *, body: InvitationAcceptance, subject: str) -> Accepted:
    """Make the owner of the account `subject` a member. A second use of the link is refused."""
    person = {"display_name": body.display_name, "time_zone": body.time_zone}
    user_id = users.enter_account(session, invited.org_id, subject=subject, email=invited.email, **person)
    if user_id is None:
        raise WrongPassword("This address belongs to another account. Ask for help.")
    invitation = repository.accept(session, invited.id, by=user_id, at=clock.now())
    if invitation is None:
        raise _closed(_read(session, invited))
    audit.record(session, "invitation.accepted", subject_type=SUBJECT, subject_id=invitation.id)
    memberships.grant(session, user_id=user_id, role=Role(invitation.role))
    return Accepted(invitation.org_id, invitation.email, invitation.role)


def _located(session: Session, token: str) -> Invited:
    invited = repository.locate(session, secrets.hash_of(token))
    if invited is None:
        raise NotFound("There is no such invitation. Check that the link is complete.")
    return invited


def _read(session: Session, invited: Invited) -> Invitation:
    invitation = repository.invitation_of(session, invited.id)
    if invitation is None:
        raise NotFound()
    return invitation


def _refuse_unless_open(invitation: Invitation | Invited) -> None:
    if state_of(invitation, at=clock.now()) != "open":
        raise _closed(invitation)


def _closed(invitation: Invitation | Invited) -> InvitationClosed:
    state = state_of(invitation, at=clock.now())
    return InvitationClosed(f"This invitation is {state}. Ask for a new one.")

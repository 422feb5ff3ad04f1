"""Invitations."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from identity.models.invitations import Invitation
from lodestar.pagination import Page, PageQuery, paginate

BY_HASH = text("SELECT * FROM identity.invitation_by_hash(:hash)")


@dataclass(frozen=True, slots=True)
class Invited:
    """What a link's token leads to, whoever has it. `is_member_somewhere`: an organization counts on the address."""

    org_id: UUID
    id: UUID
    email: str
    expires_at: datetime
    accepted_at: datetime | None
    revoked_at: datetime | None
    is_member_somewhere: bool


def invitations(session: Session, page: PageQuery) -> Page[Invitation]:
    """The organization's, newest first."""
    return paginate(session, select(Invitation), page, keys=(Invitation.id,))


def locate(session: Session, token_hash: str) -> Invited | None:
    """The invitation of a link's token."""
    row = session.execute(BY_HASH, {"hash": token_hash}).first()
    return Invited(*row) if row else None


def accept(session: Session, invitation_id: UUID, *, by: UUID, at: datetime) -> Invitation | None:
    """Note who accepted an invitation that is open; None when it is not, or not any more."""
    statement = (
        update(Invitation)
        .where(
            Invitation.id == invitation_id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > at,
        )
        .values(accepted_at=at, accepted_by=by, version=Invitation.version + 1)
        .returning(Invitation)
    )
    return session.scalar(statement)


def invitation_of(session: Session, invitation_id: UUID) -> Invitation | None:
    """The invitation, locked."""
    return session.scalar(select(Invitation).where(Invitation.id == invitation_id).with_for_update())


def open_ones(session: Session, *, email: str, role: str) -> list[Invitation]:
    """What was not used or revoked for this person and role, locked."""
    query = select(Invitation).where(
        Invitation.email == email,
        Invitation.role == role,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
    )
    return list(session.scalars(query.with_for_update()))

"""Invitations."""

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from identity.models.invitations import Invitation
from lodestar.pagination import Page, PageQuery, paginate

BY_HASH = text("SELECT org_id, id FROM identity.invitation_by_hash(:hash)")


def invitations(session: Session, page: PageQuery) -> Page[Invitation]:
    """The organization's, newest first."""
    return paginate(session, select(Invitation), page, keys=(Invitation.id,))


def locate(session: Session, token_hash: str) -> tuple[UUID, UUID] | None:
    """The organization and the invitation that a link's token leads to."""
    row = session.execute(BY_HASH, {"hash": token_hash}).first()
    return (row.org_id, row.id) if row else None


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

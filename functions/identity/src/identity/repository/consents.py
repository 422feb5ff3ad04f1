"""Consents."""

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from identity.models.consents import Consent
from lodestar.pagination import Page, PageQuery, paginate

GIVE = text(
    """
    INSERT INTO identity.consents (user_id, purpose, notice_version) VALUES (:user_id, :purpose, :notice_version)
    ON CONFLICT (org_id, user_id, purpose) WHERE withdrawn_at IS NULL DO NOTHING
    RETURNING id
    """
)


def consents(session: Session, page: PageQuery, *, user_id: UUID, seen_by: UUID | None) -> Page[Consent]:
    """One person's, withdrawn ones too, newest first; `seen_by` that person only, or with None by anybody."""
    statement = select(Consent).where(Consent.user_id == user_id)
    if seen_by is not None:
        statement = statement.where(Consent.user_id == seen_by)
    return paginate(session, statement, page, keys=(Consent.id,))


def standing(session: Session, *, user_id: UUID, purpose: str) -> Consent | None:
    """The consent that was not withdrawn, locked."""
    query = select(Consent).where(
        Consent.user_id == user_id, Consent.purpose == purpose, Consent.withdrawn_at.is_(None)
    )
    return session.scalar(query.with_for_update())


def give(session: Session, *, user_id: UUID, purpose: str, notice_version: str) -> bool:
    """Note the consent, unless one stands. Whether it is new."""
    parameters = {"user_id": user_id, "purpose": purpose, "notice_version": notice_version}
    return session.scalar(GIVE, parameters) is not None

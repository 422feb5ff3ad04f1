"""Privacy requests."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, text, update
from sqlalchemy.orm import Session

from identity.models.memberships import Membership
from identity.models.privacy_requests import PrivacyRequest
from lodestar.pagination import Page, PageQuery, paginate

OPEN = ("pending", "approved", "running")


def requests(
    session: Session, page: PageQuery, *, user_id: UUID | None, kind: str | None, state: str | None
) -> Page[PrivacyRequest]:
    """The organization's, or those that concern or were made by one person, newest first."""
    statement = select(PrivacyRequest)
    if user_id is not None:
        statement = statement.where(_visible_to(user_id))
    if kind is not None:
        statement = statement.where(PrivacyRequest.kind == kind)
    if state is not None:
        statement = statement.where(PrivacyRequest.state == state)
    return paginate(session, statement, page, keys=(PrivacyRequest.id,))


def request_of(
    session: Session, request_id: UUID, *, user_id: UUID | None = None, lock: bool = False
) -> PrivacyRequest | None:
    """The request; with `user_id`, only if it is theirs."""
    statement = select(PrivacyRequest).where(PrivacyRequest.id == request_id)
    if user_id is not None:
        statement = statement.where(_visible_to(user_id))
    return session.scalar(statement.with_for_update() if lock else statement)


def _visible_to(user_id: UUID) -> ColumnElement[bool]:
    return or_(PrivacyRequest.user_id == user_id, PrivacyRequest.requested_by == user_id)


def open_request(session: Session, *, user_id: UUID, kind: str) -> PrivacyRequest | None:
    """The person's unsettled request of this kind."""
    statement = select(PrivacyRequest).where(
        PrivacyRequest.user_id == user_id, PrivacyRequest.kind == kind, PrivacyRequest.state.in_(OPEN)
    )
    return session.scalar(statement)


def is_held(session: Session, user_id: UUID) -> bool:
    """Whether a legal hold stands."""
    return bool(session.scalar(select(func.identity.is_held(user_id))))


def standing_roles(session: Session, user_id: UUID) -> list[str]:
    """The roles that the person holds now."""
    statement = select(Membership.role).where(Membership.user_id == user_id, Membership.ended_at.is_(None))
    return list(session.scalars(statement))


def end_memberships(session: Session, user_id: UUID, *, now: datetime) -> None:
    """Nobody writes any more for a person who is being erased."""
    statement = update(Membership).where(Membership.user_id == user_id, Membership.ended_at.is_(None))
    session.execute(statement.values(ended_at=now), execution_options={"synchronize_session": False})


def erasable_people(session: Session, *, left_before: datetime, most: int) -> list[UUID]:
    """Who left before then, is not held, and whose erasure is not under way or refused."""
    query = text(
        """
        SELECT m.user_id FROM identity.memberships AS m
        WHERE m.org_id = backbone.current_org() AND NOT identity.is_held(m.user_id) AND NOT EXISTS (
          SELECT FROM identity.privacy_requests AS r
          WHERE r.user_id = m.user_id AND r.kind = 'erase' AND r.state IN ('pending', 'approved', 'running', 'failed')
        )
        GROUP BY m.user_id
        HAVING bool_and(m.ended_at IS NOT NULL) AND max(m.ended_at) < :left_before
        ORDER BY m.user_id LIMIT :most
        """
    )
    return list(session.scalars(query, {"left_before": left_before, "most": most}))


def archives_expired(session: Session) -> list[tuple[UUID, UUID]]:
    """Organization and request of each archive whose time is over, of every tenant."""
    found = session.execute(text("SELECT org_id, id FROM identity.archives_expired()"))
    return [(row.org_id, row.id) for row in found]


def forget_archives(session: Session, user_id: UUID) -> None:
    """The person's archives are deleted; their rows name none any more."""
    statement = update(PrivacyRequest).where(
        PrivacyRequest.user_id == user_id, PrivacyRequest.export_key.is_not(None)
    )
    session.execute(statement.values(export_key=None), execution_options={"synchronize_session": False})

"""Requests for a role."""

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from identity.models.role_requests import RoleRequest
from lodestar.pagination import Page, PageQuery, paginate

PLATFORM_ADMINISTRATORS = text("SELECT org_id, user_id FROM identity.platform_administrators()")


def requests(
    session: Session, page: PageQuery, *, user_id: UUID | None, state: str | None
) -> Page[RoleRequest]:
    """The organization's, or one person's, newest first."""
    statement = select(RoleRequest)
    if user_id is not None:
        statement = statement.where(RoleRequest.user_id == user_id)
    if state is not None:
        statement = statement.where(RoleRequest.state == state)
    return paginate(session, statement, page, keys=(RoleRequest.id,))


def request_of(session: Session, request_id: UUID) -> RoleRequest | None:
    """The request, locked."""
    return session.scalar(select(RoleRequest).where(RoleRequest.id == request_id).with_for_update())


def is_pending(session: Session, *, user_id: UUID, role: str) -> bool:
    """Whether the same was asked and not decided."""
    query = select(RoleRequest.id).where(
        RoleRequest.user_id == user_id, RoleRequest.role == role, RoleRequest.state == "pending"
    )
    return session.scalar(query) is not None


def platform_administrators(session: Session) -> tuple[UUID, list[UUID]] | None:
    """The platform's organization, and who administers it."""
    found = session.execute(PLATFORM_ADMINISTRATORS).all()
    return (found[0].org_id, [row.user_id for row in found]) if found else None

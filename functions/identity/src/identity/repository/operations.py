"""Operations."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity.models.operations import Operation
from lodestar.pagination import Page, PageQuery, paginate


def operations(session: Session, page: PageQuery, *, user_id: UUID) -> Page[Operation]:
    """What one person started, newest first."""
    statement = select(Operation).where(Operation.user_id == user_id)
    return paginate(session, statement, page, keys=(Operation.created_at, Operation.id))


def operation_of(session: Session, *, user_id: UUID, operation_id: UUID) -> Operation | None:
    query = select(Operation).where(Operation.id == operation_id, Operation.user_id == user_id)
    return session.scalar(query)

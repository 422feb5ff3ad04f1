"""Long work, as its starter sees it."""

from uuid import UUID

from sqlalchemy.orm import Session

from identity.models.operations import Operation
from identity.repository import operations as repository
from lodestar.pagination import Page, PageQuery
from lodestar.principal import Principal
from lodestar.problems import NotFound


def list_operations(session: Session, caller: Principal, page: PageQuery) -> Page[Operation]:
    """The caller's own, newest first."""
    return repository.operations(session, page, user_id=caller.user_id)


def read(session: Session, caller: Principal, operation_id: UUID) -> Operation:
    """One of the caller's."""
    operation = repository.operation_of(session, user_id=caller.user_id, operation_id=operation_id)
    if operation is None:
        raise NotFound()
    return operation

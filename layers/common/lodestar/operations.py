"""Long work, told as it goes: `202`, then `GET /v1/identity/operations/{id}`."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from lodestar import tables
from lodestar.db import principal_of
from lodestar.ids import new_id
from lodestar.log import log


def begin(
    session: Session, kind: str, *, subject_type: str, subject_id: UUID, operation_id: UUID | None = None
) -> UUID:
    """Open an operation for the caller, `pending` at 0 percent. Returns its id: the given one, or a new one."""
    operation_id = operation_id or new_id()
    row = {
        "id": operation_id,
        "user_id": principal_of(session).user_id,
        "kind": kind,
        "subject_type": subject_type,
        "subject_id": subject_id,
    }
    session.execute(insert(tables.operations).values(row))
    log.info("operation", operation_id=str(operation_id), kind=kind, status="pending")
    return operation_id


def open_one(session: Session, kind: str, *, subject_id: UUID) -> UUID | None:
    """The operation that the caller opened before on this subject and that is not over; its id."""
    table = tables.operations
    query = select(table.c.id).where(
        table.c.user_id == principal_of(session).user_id,
        table.c.kind == kind,
        table.c.subject_id == subject_id,
        table.c.status.in_(("pending", "running")),
    )
    return session.scalar(query.limit(1))


def advance(session: Session, operation_id: UUID, *, percent: int, message: str) -> None:
    """Say how far it is, in percent, and what is being done, in words for the person waiting."""
    _change(session, operation_id, status="running", progress_percent=percent, message=message)


def succeed(session: Session, operation_id: UUID, *, result: dict[str, Any] | None = None) -> None:
    """It is done."""
    _change(session, operation_id, status="succeeded", progress_percent=100, result=result, message=None)


def fail(session: Session, operation_id: UUID, *, problem: dict[str, Any]) -> None:
    """It cannot be done; `problem` is a problem document."""
    _change(session, operation_id, status="failed", problem=problem)


def _change(session: Session, operation_id: UUID, **values: Any) -> None:
    table = tables.operations
    session.execute(update(table).where(table.c.id == operation_id).values(updated_at=func.now(), **values))
    told = {name: values[name] for name in ("status", "progress_percent") if name in values}
    log.info("operation", operation_id=str(operation_id), **told)

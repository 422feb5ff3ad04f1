"""Writing content: what every kind of it has alike."""

from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Select
from sqlalchemy.orm import Session

from assessment.repository import content as repository
from lodestar.db import VersionedRow, expect_version
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.problems import NotFound

Row = TypeVar("Row", bound=VersionedRow)


def get(session: Session, model: type[Row], row_id: UUID) -> Row:
    """The organization's own row. Raises `NotFound`."""
    row = repository.own(session, model, row_id)
    if row is None:
        raise NotFound()
    return row


def list_own(session: Session, model: type[Row], page: PageQuery, **filters: Any) -> Page[Row]:
    """The organization's own rows, newest first; a filter that is None does not apply."""
    statement: Select[Row] = repository.own_rows(session, model)
    given = {name: value for name, value in filters.items() if value is not None}
    return paginate(session, statement.filter_by(**given), page, keys=(model.id,))


def create(session: Session, row: Row) -> Row:
    """Store a new row; a natural key that is taken is refused by its constraint (409)."""
    session.add(row)
    session.flush()
    return row


def change(session: Session, row: Row, changes: BaseModel, *, if_match: int | None) -> Row:
    """Set the fields that were sent. Raises `StaleVersion`."""
    expect_version(row, if_match)
    for name in changes.model_fields_set:
        value = getattr(changes, name)
        setattr(row, name, _plain(value))
    session.flush()
    return row


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return value

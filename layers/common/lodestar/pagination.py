"""Keyset pages: a list costs the same on its last page as on its first."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_
from sqlalchemy.orm import Session

from lodestar.problems import InvalidContent

DEFAULT_LIMIT = 20
MAXIMUM_LIMIT = 100

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PageQuery:
    """Which page the caller asked for."""

    limit: int = DEFAULT_LIMIT
    cursor: str | None = None
    with_total: bool = False


@dataclass(frozen=True, slots=True)
class PageInfo:
    """How to go on: `next_cursor` is None on the last page."""

    next_cursor: str | None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of rows, in the shape of the answer."""

    data: Sequence[T]
    page: PageInfo


class PageInfoRead(BaseModel):
    """How to go on: `next_cursor` is null on the last page; `total` comes with `include=total`."""

    model_config = ConfigDict(from_attributes=True)
    next_cursor: str | None
    total: int | None = None


class PageOf(BaseModel, Generic[T]):
    """A list's answer: `response_model=PageOf[ProgramRead]`."""

    model_config = ConfigDict(from_attributes=True)
    data: list[T]
    page: PageInfoRead


class InvalidCursor(InvalidContent):
    """The cursor is not one of this list's."""

    code = "invalid_cursor"
    title = "The cursor does not belong to this list; leave it out to start again"


def paginate(
    session: Session,
    statement: Select[*tuple[Any, ...]],
    page: PageQuery,
    *,
    keys: Sequence[ColumnElement[Any] | Any],
    order: Literal["asc", "desc"] = "desc",
) -> Page[Any]:
    """Run `statement` for one page, ordered by `keys`, of which the last must be unique (an id).

    `keys` are columns of the statement's first entity, none of them nullable. Rows of a one-entity statement come
    as the entity, others as tuples. Raises `InvalidCursor`.
    """
    total = (
        session.scalar(select(func.count()).select_from(statement.order_by(None).subquery()))
        if page.with_total
        else None
    )
    if page.cursor is not None:
        after = tuple_(
            *(literal(v, type_=k.type) for k, v in zip(keys, _decode(page.cursor, keys), strict=True))
        )
        key = tuple_(*keys)
        statement = statement.where(key > after if order == "asc" else key < after)
    ordered = statement.order_by(*(k.asc() if order == "asc" else k.desc() for k in keys)).limit(
        page.limit + 1
    )
    result = session.execute(ordered)
    single = len(statement.column_descriptions) == 1
    rows = list(result.scalars().unique()) if single else list(result)
    more = len(rows) > page.limit
    rows = rows[: page.limit]
    cursor = cursor_of(rows[-1] if single else rows[-1][0], keys) if more else None
    return Page(rows, PageInfo(cursor, total))


def cursor_of(row: Any, keys: Sequence[Any]) -> str:
    """The cursor with which a list that is ordered by `keys` goes on after `row`."""
    values = [getattr(row, key.key) for key in keys]
    text = json.dumps(
        [v.isoformat() if isinstance(v, datetime) else str(v) if isinstance(v, UUID) else v for v in values]
    )
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _moment(text: str) -> datetime:
    """In UTC here already: a moment that UTC has not would fail while it is sent, and leave the connection broken."""
    return datetime.fromisoformat(text).astimezone(UTC)


_PARSERS: dict[type, Callable[[Any], Any]] = {datetime: _moment, UUID: lambda value: UUID(str(value))}


def _decode(cursor: str, keys: Sequence[Any]) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        parsed = [
            _PARSERS.get(key.type.python_type, key.type.python_type)(value)
            for key, value in zip(keys, values, strict=True)
        ]
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InvalidCursor() from error
    return parsed

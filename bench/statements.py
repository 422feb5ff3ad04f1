"""What a handler sends to the database: its statements, and connections that were opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Select, event
from sqlalchemy.orm import ORMExecuteState, Session


@dataclass(frozen=True, slots=True)
class Statement:
    """One that was sent, with its parameters."""

    sql: str
    parameters: Any


@contextmanager
def sent(engine: Engine) -> Iterator[list[Statement]]:
    """Those sent meanwhile, without the mark that an event was published."""
    seen: list[Statement] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if "mark_published" not in statement:
            seen.append(Statement(statement, parameters))

    event.listen(engine, "after_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "after_cursor_execute", note)


@contextmanager
def connections(engine: Engine) -> Iterator[list[Any]]:
    """Those opened meanwhile."""
    opened: list[Any] = []

    def note(connection: Any, _record: Any) -> None:
        opened.append(connection)

    event.listen(engine, "connect", note)
    try:
        yield opened
    finally:
        event.remove(engine, "connect", note)


@contextmanager
def pages() -> Iterator[list[Select[Any]]]:
    """The ordered and limited selects that sessions ran meanwhile: what `paginate` asked."""
    seen: list[Select[Any]] = []

    def note(state: ORMExecuteState) -> None:
        statement = state.statement
        if isinstance(statement, Select) and _is_page(statement):
            seen.append(statement)

    event.listen(Session, "do_orm_execute", note)
    try:
        yield seen
    finally:
        event.remove(Session, "do_orm_execute", note)


def _is_page(statement: Select[Any]) -> bool:
    """SQLAlchemy tells a statement's order and limit nowhere else."""
    return bool(statement._order_by_clauses) and statement._limit_clause is not None  # noqa: SLF001

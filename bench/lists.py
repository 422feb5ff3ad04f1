"""The API's lists as they are measured: who asks for them, with which filters, and how one comes to a later page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from sqlalchemy import Engine, Select, text
from sqlalchemy.orm import Session
from sqlalchemy.sql import operators

from bench.listings import LISTINGS
from bench.statements import pages
from lodestar.db import unit_of_work
from lodestar.pagination import cursor_of
from lodestar.principal import Principal, Role
from tests.gateway import Person, get
from tests.security.operations import Operation, Schema, alternatives, operations

PAGING = {"limit", "cursor", "include"}
ROLES = (Role.ORG_ADMIN, Role.LEARNER)


@dataclass(frozen=True)
class Variant:
    """A list as one role asks for it, with one filter or none."""

    path: str
    url: str
    asked: str
    caller: Person

    def __str__(self) -> str:
        return f"{self.asked} as {next(iter(self.caller.memberships[self.caller.org_id]))}"

    def page(self, *, limit: int, cursor: str | None = None) -> Any:
        """One page; the first without a cursor."""
        return get(self.at(limit=limit, cursor=cursor), as_=self.caller).expect(200)

    def at(self, *, limit: int, cursor: str | None = None) -> str:
        """The URL of a page."""
        after = f"&cursor={quote(cursor)}" if cursor else ""
        return f"{self.url}{'&' if '?' in self.url else '?'}limit={limit}{after}"

    def cursor_after(self, rows: int) -> str | None:
        """Where the list goes on after so many rows; None when it has no more."""
        statement = self._statement()
        return self._cursor(statement, statement.offset(rows - 1))

    def cursor_before(self, rows: int) -> str | None:
        """Where the list goes on with its last so many rows: read from the other end."""
        statement = self._statement()
        turned = [
            key.asc() if clause.modifier is operators.desc_op else key.desc()
            for clause, key in zip(_order(statement), _keys(statement), strict=True)
        ]
        return self._cursor(statement, statement.order_by(None).order_by(*turned).offset(rows))

    def _statement(self) -> Select[Any]:
        """What the list asks the database."""
        with pages() as asked:
            self.page(limit=1)
        assert asked, f"{self.path} does not page by `paginate`"
        return asked[-1]

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction that reads as the caller."""
        caller = self.caller
        principal = Principal(caller.user_id, caller.org_id, caller.memberships[caller.org_id])
        with unit_of_work(principal, read_only=True) as session:
            yield session

    def _cursor(self, statement: Select[Any], to_row: Select[Any]) -> str | None:
        with self.session() as session:
            row = session.execute(to_row.limit(1)).first()
            return cursor_of(row[0], _keys(statement)) if row else None


def _order(statement: Select[Any]) -> list[Any]:
    return list(statement._order_by_clauses)  # noqa: SLF001 - SQLAlchemy tells it nowhere else


def _keys(statement: Select[Any]) -> list[Any]:
    return [clause.element for clause in _order(statement)]


def lists() -> list[Operation]:
    """Every operation that pages."""
    return [
        operation
        for operation in operations()
        if operation.method == "get" and "cursor" in dict(operation.parameters("query"))
    ]


def variants(server: Engine) -> Iterator[Variant]:
    """What the measured organization's people may ask, with values that its rows have."""
    with server.connect() as connection:
        known = {
            "org": connection.scalar(text("SELECT bench.id('organizations', 1)")),
            "learner": connection.scalar(text("SELECT bench.id('users', 1)")),
        }

        def values(path: str, name: str, schema: Schema) -> list[str]:
            if listed := _enumerated(schema):
                return listed
            found = [connection.scalar(text(query), known) for query in LISTINGS[path].queries(name)]
            return list(dict.fromkeys(str(value) for value in found if value is not None))

        people = [Person(known["learner"], {known["org"]: frozenset({role})}) for role in ROLES]
        for operation in lists():
            url = operation.path
            for name, schema in operation.parameters("path"):
                url = url.replace("{" + name + "}", values(operation.path, name, schema)[0])
            asked = {"all": url} | {
                f"{name}={value}": f"{url}?{urlencode({name: value})}"
                for name, schema in operation.parameters("query")
                if name not in PAGING
                for value in values(operation.path, name, schema)
            }
            allowed = [
                Variant(operation.path, asked_url, what, caller)
                for caller in people
                for what, asked_url in asked.items()
                if get(asked_url, as_=caller).status == 200
            ]
            assert allowed, f"{operation.path}: nobody measured may read it"
            yield from allowed


def _enumerated(schema: Schema) -> list[str]:
    found: list[str] = []
    for option in alternatives(schema):
        found += option.get("enum", [])
        found += ["true", "false"] if option.get("type") == "boolean" else []
    return found

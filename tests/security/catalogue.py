"""What the database itself says: its tables and views, and the rows that an organization sees."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.orm import Session

from lodestar.db import work_for

RELATIONS = """
SELECT format('%I.%I', n.nspname, c.relname) AS name, c.relkind IN ('v', 'm') AS is_view,
  c.relrowsecurity AS secured, c.relforcerowsecurity AS forced,
  coalesce('security_invoker=true' = ANY (c.reloptions), false) AS by_invoker,
  EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'org_id') AS has_org_id,
  has_table_privilege('lodestar_app', c.oid, 'SELECT') AS readable
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
ORDER BY 1
"""
Row = dict[str, Any]
Rows = dict[str, list[Row]]
"""Rows as JSON, by the table's or view's name."""


@dataclass(frozen=True)
class Relation:
    """A table or a view."""

    name: str
    is_view: bool
    secured: bool
    forced: bool
    by_invoker: bool
    has_org_id: bool
    readable: bool


def relations(session: Session | Connection) -> list[Relation]:
    """All tables and views of the product."""
    return [Relation(*row) for row in session.execute(text(RELATIONS))]


def visible_to(org_id: UUID, *, views: bool = False) -> Rows:
    """Every row that the application sees once it has entered for the organization, in a stable order."""
    with work_for(org_id) as session:
        found = [r.name for r in relations(session) if r.readable and r.is_view == views]
        return {name: _rows(session, name) for name in found}


def _rows(session: Session | Connection, relation: str) -> list[Row]:
    query = f"SELECT to_jsonb(r) FROM {relation} AS r ORDER BY to_jsonb(r)::text"
    return list(session.execute(text(query)).scalars())


@contextmanager
def without_policies(migrator_url: str, org_id: UUID) -> Iterator[Rows]:
    """What the application would see for the organization if no table had row-level security. Nothing is kept."""
    engine = create_engine(migrator_url, poolclass=NullPool)
    with engine.connect() as connection:
        found = [r for r in relations(connection) if r.readable]
        connection.execute(text("GRANT lodestar_app TO current_user WITH SET TRUE"))
        connection.execute(text("SET LOCAL ROLE lodestar_owner"))
        for table in (r.name for r in found if r.secured):
            connection.execute(text(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"))
        connection.execute(text("RESET ROLE"))
        connection.execute(text("SET LOCAL ROLE lodestar_app"))
        connection.execute(
            text("SELECT backbone.enter(:org, :user, true)"), {"org": org_id, "user": UUID(int=0)}
        )
        yield {r.name: _rows(connection, r.name) for r in found}
        connection.rollback()


@contextmanager
def policies_off(migrator_url: str) -> Iterator[None]:
    """No row-level security on any table until the block ends."""
    engine = create_engine(migrator_url, poolclass=NullPool)
    with engine.connect() as connection:
        secured = [r.name for r in relations(connection) if r.secured]

    def switch(verb: str) -> None:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL ROLE lodestar_owner"))
            for table in secured:
                connection.execute(text(f"ALTER TABLE {table} {verb} ROW LEVEL SECURITY"))

    switch("DISABLE")
    try:
        yield
    finally:
        switch("ENABLE")

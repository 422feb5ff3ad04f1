"""What the whole database holds, whoever's it is; and a way to call without anything being kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from sqlalchemy import Connection, NullPool, create_engine, text

from lodestar import db
from tests.security.catalogue import relations

Ledger = dict[str, tuple[int, int]]
"""A table's number of rows and the sum of their hashes, by its name."""
COUNTED = {
    "backbone.api_key_calls": "(SELECT 1 WHERE false)",
    "backbone.rate_buckets": "(SELECT * FROM backbone.rate_buckets WHERE bucket NOT LIKE 'api_key:%')",
}
"""A call by API key is counted whatever becomes of it: what to look at instead of the whole table."""
SUM = "SELECT count(*), coalesce(sum(hashtextextended(r::text, 0)), 0) FROM {table} AS r"


@contextmanager
def seeing_everything(migrator_url: str) -> Iterator[Connection]:
    """A connection of the tables' owner that no policy binds. Nothing is kept."""
    with create_engine(migrator_url, poolclass=NullPool).connect() as connection:
        connection.execute(text("SET LOCAL ROLE lodestar_owner"))
        for table in (r.name for r in relations(connection) if r.forced):
            connection.execute(text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
        yield connection
        connection.rollback()


def read(migrator_url: str) -> Ledger:
    """Every row of every table, in sums: what was written, changed or removed makes another ledger."""
    with seeing_everything(migrator_url) as connection:
        tables = [r.name for r in relations(connection) if not r.is_view]
        return {
            table: (int(count), int(total))
            for table in tables
            for count, total in connection.execute(text(SUM.format(table=COUNTED.get(table, table))))
        }


def changes(before: Ledger, after: Ledger) -> dict[str, str]:
    """The tables that are not as they were."""
    return {
        table: f"{before.get(table)} became {after.get(table)}"
        for table in before.keys() | after.keys()
        if before.get(table) != after.get(table)
    }


@contextmanager
def rehearsal() -> Iterator[None]:
    """Whatever the units of work within commit is undone at the end, so that the next call finds the same world."""
    with db.engine().connect() as connection:
        outer = connection.begin()
        connection.begin_nested()  # Session joins by savepoints of its own
        with patch.object(db, "engine", lambda: connection):
            yield
        outer.rollback()

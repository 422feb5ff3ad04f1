"""Tables filled to a size, fast: by the superuser, without triggers and foreign keys, two tables at a time."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

from sqlalchemy import Connection, Engine, NullPool, create_engine, text

from bench.arithmetic import BEGIN, FUNCTIONS
from bench.product import running
from bench.rows import MAKERS
from local import postgres

AT_A_TIME = 2
COLUMNS = text(
    """
    SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type FROM pg_attribute AS a
    WHERE a.attrelid = CAST(:table AS regclass) AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attidentity = '' AND a.attgenerated = '' AND a.attnotnull
      AND (NOT a.atthasdef OR a.attname IN ('id', 'org_id', 'created_at', 'occurred_at'))
    """
)
BY_TYPE = {
    "uuid": "bench.id('other', n)",
    "text": "'text-' || n",
    "character varying": "md5(n::text)",
    "text[]": "ARRAY['text']",
    "integer[]": "'{}'",
    "uuid[]": "'{}'",
    "date": "date '2026-01-01' + (n % 365)::integer",
    "jsonb": "'{}'",
    "bytea": "''",
    "boolean": "true",
    "timestamp with time zone": f"{BEGIN} + n * interval '1 second'",
    "integer": "1",
    "bigint": "n",
    "numeric": "1",
}


@contextmanager
def filled_database() -> Iterator[Engine]:
    """The product on a database of its own; the value is the superuser's engine."""
    with running() as (_, directory):
        server = postgres.find(directory / "postgres")
        assert server is not None
        url = server.url(postgres.SUPERUSER, "lodestar_bench")
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for setting in ("autovacuum = off", "max_wal_size = '16GB'", "jit = off"):
                connection.execute(text(f"ALTER SYSTEM SET {setting}"))
            connection.execute(text("SELECT pg_reload_conf()"))
            connection.execute(text(FUNCTIONS))
        yield engine


def fill(engine: Engine, tables: Iterable[str], *, above: int, up_to: int) -> None:
    """Add rows `above` + 1 to `up_to`; then VACUUM, ANALYZE and CHECKPOINT.

    VACUUM waits for the last table: rows that any running transaction is older than are not visible to all, and an
    index alone would answer for some tables and not for others, by chance."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        list(pool.map(partial(_fill_one, engine, above=above, up_to=up_to), sorted(tables)))
        list(pool.map(partial(_settle, engine), sorted(tables)))
    with engine.connect() as connection:
        connection.execute(text("CHECKPOINT"))


def _fill_one(engine: Engine, table: str, *, above: int, up_to: int) -> None:
    """The indexes rest while the rows come, and are built anew at once: a third of the time."""
    with engine.connect() as connection:
        for setting in ("session_replication_role = replica", "maintenance_work_mem = '512MB'"):
            connection.exec_driver_sql(f"SET {setting}")
        made = expressions(connection, table)
        connection.exec_driver_sql(
            f"UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid = '{table}'::regclass"
        )
        connection.exec_driver_sql(
            f"""
            INSERT INTO {table} ({", ".join(f'"{column}"' for column in made)})
            SELECT {", ".join(made.values())} FROM generate_series({above + 1}, {up_to}) AS n
            """
        )
        connection.exec_driver_sql(f"REINDEX TABLE {table}")


def _settle(engine: Engine, table: str) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql(f"VACUUM ANALYZE {table}")


def expressions(connection: Connection, table: str) -> dict[str, str]:
    """Column to expression of `n`: the table's maker, and for the other columns that must be, their type's."""
    found: dict[str, str] = {}
    for column in connection.execute(COLUMNS, {"table": table}):
        found[column.name] = _by_name(table, column.name) or BY_TYPE[column.type]
    return found | MAKERS.get(table, {})


def _by_name(table: str, column: str) -> str | None:
    match column:
        case "id":
            return f"bench.id('{table.partition('.')[2]}', n)"
        case "org_id":
            return "bench.org(n)"
        case "fingerprint" | "token_hash" | "storage_key":
            return "md5(n::text)"
        case _:
            return None

"""P11: row-level security on every table that has it, over the same condition written out, by a role that it does not bind.

Each table holds 100,000 rows; read are all the organization's rows, a sixth of them, and a page of them. The condition
is the policy's own, with the organization's id in the place of the function that finds it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pg8000.dbapi import Connection
from sqlalchemy import Engine, text

from bench.driver import Result, compare
from bench.filling import fill, filled_database
from bench.product import connect, rows_of
from lodestar.db import engine as application

ROWS = 100_000
TARGET = 1.10
ROUNDS, CALLS = 9, 3
SHOWN = 5
POLICIES = """
    SELECT format('%I.%I', n.nspname, c.relname) AS name,
      string_agg('(' || pg_get_expr(p.polqual, p.polrelid) || ')', ' OR ') AS condition,
      (SELECT string_agg(a.attname, ', ' ORDER BY k.place)
       FROM pg_index AS i CROSS JOIN unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, place)
       JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.number
       WHERE i.indrelid = c.oid AND i.indisprimary) AS key
    FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE p.polroles @> ARRAY[(SELECT oid FROM pg_roles WHERE rolname = 'lodestar_app')] AND p.polcmd IN ('r', '*')
    GROUP BY n.nspname, c.relname, c.oid ORDER BY 1
"""
ENTER = "SELECT backbone.enter(bench.id('organizations', 1), bench.id('users', 1), true)"
CONDITIONS = re.compile(
    r"^\s*(Filter|Index Cond|Recheck Cond|Hash Cond|Join Filter|Sort Key):.*\n?", re.MULTILINE
)


@dataclass(frozen=True)
class Reading:
    """One query, as the application asks it and as it would be asked without row-level security."""

    table: str
    what: str
    secured: str
    explicit: str


def measure() -> Iterator[Result]:
    """The dearest tables, how many are dearer than allowed, and how many get another plan."""
    with filled_database() as server:
        readings = list(_readings(server))
        fill(server, {reading.table for reading in readings}, above=0, up_to=ROWS)
        plain, secured = _entered(server), _entered(application())
        other = [r for r in readings if _plan(plain, r.explicit) != _plan(secured, r.secured)]
        found = sorted((_compare(r, plain, secured) for r in readings), key=lambda result: -result.value)
        plain.close(), secured.close()
    yield from found[:SHOWN]
    tables = len({reading.table for reading in readings})
    dearer = sum(not result.met for result in found)
    yield Result("P11", f"of {len(found)} reads of {tables} tables: dearer than {TARGET}", dearer, 0)
    names = ", ".join(f"{r.table} ({r.what})" for r in other)
    yield Result(
        "P11", f"of {len(found)} reads of {tables} tables: with another plan", len(other), 0, note=names
    )


def _readings(server: Engine) -> Iterator[Reading]:
    with server.connect() as connection:
        org = connection.scalar(text("SELECT quote_literal(bench.id('organizations', 1)) || '::uuid'"))
        for table, policy, key in connection.execute(text(POLICIES)):
            condition = policy.replace("backbone.current_org()", org)
            for what, query in {
                "all": f"SELECT count(*) FROM {table}{{}}",
                "a page": f"SELECT * FROM {table}{{}} ORDER BY {key} LIMIT 21",
            }.items():
                yield Reading(table, what, query.format(""), query.format(f" WHERE {condition}"))


def _compare(reading: Reading, plain: Connection, secured: Connection) -> Result:
    return compare(
        "P11",
        f"{reading.table}, {reading.what}: policy / WHERE",
        baseline=lambda: rows_of(plain, reading.explicit),
        candidate=lambda: rows_of(secured, reading.secured),
        target=TARGET,
        calls=CALLS,
        rounds=ROUNDS,
    )


def _entered(engine: Engine) -> Connection:
    """A connection within a transaction of the measured organization."""
    connection = connect(engine)
    rows_of(connection, ENTER)
    return connection


def _plan(connection: Connection, query: str) -> str:
    """Its nodes and indexes, without the conditions."""
    lines = "\n".join(row[0] for row in rows_of(connection, f"EXPLAIN (COSTS OFF) {query}"))
    return CONDITIONS.sub("", lines + "\n")

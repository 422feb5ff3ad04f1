"""P11: row-level security on every table that has it, over the same condition written out, by a role that it does not bind.

Each table holds 30,000 rows; read are all the organization's rows, a sixth of them, and a page of them. The condition
is the policy's own, with the organization's id in the place of the function that finds it. Compared is what PostgreSQL
itself takes to run each, in turns, the fastest of many: what else the machine does only adds to it. To plan a policy
takes the same few microseconds more for every read, however many rows it has; they stand at the end.
"""

import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from pg8000.dbapi import Connection
from sqlalchemy import Engine, text

from bench.driver import Result
from bench.filling import fill, filled_database
from bench.product import connect, rows_of
from bench.server_time import Cost, cost
from lodestar.db import engine as application

ROWS = 30_000
TARGET = 1.10
PLANNING_TARGET = 50
ROUNDS, PATIENCE = 15, 8
"""Rounds at a time, and how often a read that seems to miss is given as many again."""
SHOWN = 5
POLICIES = """
    SELECT format('%I.%I', n.nspname, c.relname) AS name,
      string_agg('(' || pg_get_expr(p.polqual, p.polrelid) || ')', ' OR ') AS condition,
      (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.place)
       FROM pg_index AS i CROSS JOIN unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, place)
       JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.number
       WHERE i.indrelid = c.oid AND i.indisprimary) AS key
    FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE p.polroles @> ARRAY[(SELECT oid FROM pg_roles WHERE rolname = 'lodestar_app')] AND p.polcmd IN ('r', '*')
    GROUP BY n.nspname, c.relname, c.oid ORDER BY 1
"""
CONTEXT = "SELECT bench.id('organizations', 1), bench.id('users', 1)"
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


@dataclass(frozen=True)
class Found:
    """What a reading costs under its policy, and by the condition."""

    reading: Reading
    secured: Cost
    explicit: Cost

    @property
    def ratio(self) -> float:
        return self.secured.execution / self.explicit.execution

    def result(self) -> Result:
        note = f"{self.secured.execution * 1e6:,.0f} us / {self.explicit.execution * 1e6:,.0f} us"
        what = f"{self.reading.table}, {self.reading.what}: policy / WHERE"
        return Result("P11", what, self.ratio, TARGET, note=note)


def measure() -> Iterator[Result]:
    """The dearest tables, how many reads are dearer than allowed, and how many of those for another plan's sake.

    Another plan alone is no harm: a condition that costs little a row makes the planner choose a worse one."""
    with filled_database() as server:
        readings = list(_readings(server))
        fill(server, {reading.table for reading in readings}, above=0, up_to=ROWS)
        plain, secured = connect(server), connect(application())
        [context] = rows_of(plain, CONTEXT)
        for connection in (plain, secured):
            _enter(connection, *context)
        other = [r for r in readings if _plan(plain, r.explicit) != _plan(secured, r.secured)]
        found = sorted((_compare(r, plain, secured) for r in readings), key=lambda one: -one.ratio)
        plain.close(), secured.close()
    yield from (one.result() for one in found[:SHOWN])
    tables = len({reading.table for reading in readings})
    dearer = [one for one in found if one.ratio > TARGET]
    note = ", ".join(f"{one.reading.table} ({one.reading.what}) {one.ratio:.1f}" for one in dearer)
    what = f"of {len(found)} reads of {tables} tables: dearer than {TARGET}"
    yield Result("P11", what, len(dearer), 0, note=note)
    names = ", ".join(f"{one.reading.table} ({one.reading.what})" for one in dearer if one.reading in other)
    what = "of the dearer ones: with another plan than the condition's"
    yield Result("P11", what, sum(one.reading in other for one in dearer), 0, note=names)
    more = statistics.median(one.secured.planning - one.explicit.planning for one in found)
    yield Result("P11", "planning a policy beside planning the condition, us", more * 1e6, PLANNING_TARGET)


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


def _compare(reading: Reading, plain: Connection, secured: Connection) -> Found:
    theirs: list[Cost] = []
    ours: list[Cost] = []
    for _ in range(PATIENCE):
        for _ in range(ROUNDS):
            theirs.append(_cost(plain, reading.explicit))
            ours.append(_cost(secured, reading.secured))
        found = Found(reading, _least(ours), _least(theirs))
        if found.ratio <= TARGET:
            break
    return found


def _least(costs: list[Cost]) -> Cost:
    """The fastest planning, and the fastest execution, of the same query's."""
    return Cost(min(one.planning for one in costs), min(one.execution for one in costs), costs[-1].pages)


def _cost(connection: Connection, query: str) -> Cost:
    return cost(query, lambda explain: rows_of(connection, explain)[0][0])


def _enter(connection: Connection, org_id: UUID, user_id: UUID) -> None:
    """Begin a transaction of the measured organization."""
    rows_of(connection, f"SELECT backbone.enter('{org_id}', '{user_id}', true)")


def _plan(connection: Connection, query: str) -> str:
    """Its nodes and indexes, without the conditions."""
    lines = "\n".join(row[0] for row in rows_of(connection, f"EXPLAIN (COSTS OFF) {query}"))
    return CONDITIONS.sub("", lines + "\n")

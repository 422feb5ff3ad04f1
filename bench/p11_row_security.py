"""P11: row-level security on every table that has it, over the same condition written out, by a role that it does not bind.

Each table holds 30,000 rows; read are all of an organization's rows, and a page of them, for the largest, which has a
sixth of the rows, and for one of the smaller. A page comes in the order of an index that holds the organization, where
there is one, as every list's does, and otherwise in the primary key's. The condition is the policy's own, with the
organization's id in the place of the function that finds it. Compared is what PostgreSQL itself takes to run each, in
turns, the fastest of many: what else the machine does only adds to it. To plan a policy takes the same few microseconds
more for every read, however many rows it has; they stand at the end.
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
FIXED = 5e-6
"""Seconds in which the organization is found out once, and what finds it made ready: dear for a read of 12 us."""
POLICIES = """
    WITH indexes AS (
      SELECT i.indrelid AS relation, i.indexrelid AS number, i.indnkeyatts AS width, i.indisunique AS is_unique,
        i.indisprimary AS is_primary, bool_or(k.place = 1 AND a.attname = 'org_id') AS of_organization,
        coalesce(string_agg(quote_ident(a.attname), ', ' ORDER BY k.place)
          FILTER (WHERE a.attname <> 'org_id' OR i.indisprimary AND i.indnkeyatts = 1), '') AS columns
      FROM pg_index AS i CROSS JOIN unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, place)
      JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
      WHERE i.indpred IS NULL AND i.indexprs IS NULL GROUP BY i.indexrelid
    )
    SELECT format('%I.%I', n.nspname, c.relname) AS name,
      string_agg('(' || pg_get_expr(p.polqual, p.polrelid) || ')', ' OR ') AS condition,
      coalesce(
        (SELECT i.columns FROM indexes AS i WHERE i.relation = c.oid AND i.of_organization AND i.columns <> ''
         ORDER BY i.is_unique DESC, i.width, i.number LIMIT 1),
        (SELECT i.columns FROM indexes AS i WHERE i.relation = c.oid AND i.is_primary)
      ) AS key
    FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE p.polroles @> ARRAY[(SELECT oid FROM pg_roles WHERE rolname = 'lodestar_app')] AND p.polcmd IN ('r', '*')
    GROUP BY n.nspname, c.relname, c.oid ORDER BY 1
"""
CONTEXT = "SELECT bench.id('organizations', {organization}), bench.id('users', 1)"
ORGANIZATIONS = {1: "{}", 100: "a small one's {}"}
ONCE = "( SELECT backbone.current_org() AS current_org)"
GATE = re.compile(r"^\(\(COALESCE\(.*, false\) AND (.*)\)\)$", re.DOTALL)
"""A condition's cheap half (migrations/tenancy.py), which says the same as the other one."""
CONDITIONS = re.compile(
    r"^\s*(Filter|Index Cond|Recheck Cond|Hash Cond|Join Filter|Sort Key):.*\n?", re.MULTILINE
)


@dataclass(frozen=True)
class Reading:
    """One query, as the application asks it and as it would be asked without row-level security."""

    organization: int
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

    @property
    def more(self) -> float:
        """Seconds that the policy adds."""
        return self.secured.execution - self.explicit.execution

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
        found, other = list[Found](), list[Reading]()
        for organization in ORGANIZATIONS:
            [context] = rows_of(plain, CONTEXT.format(organization=organization))
            for connection in (plain, secured):
                _enter(connection, *context)
            theirs = [reading for reading in readings if reading.organization == organization]
            other += [r for r in theirs if _plan(plain, r.explicit) != _plan(secured, r.secured)]
            found += [_compare(r, plain, secured) for r in theirs]
        found.sort(key=lambda one: -one.ratio)
        plain.close(), secured.close()
    yield from (one.result() for one in found[:SHOWN])
    tables = len({reading.table for reading in readings})
    dearer = [one for one in found if one.ratio > TARGET]
    note = ", ".join(f"{one.reading.table} ({one.reading.what}) {one.ratio:.1f}" for one in dearer)
    what = f"of {len(found)} reads of {tables} tables: dearer than {TARGET}"
    yield Result("P11", what, len(dearer), 0, note=note)
    names = ", ".join(f"{one.reading.table} ({one.reading.what})" for one in dearer if one.reading in other)
    slower = [one for one in dearer if one.more > FIXED]
    what = f"of the dearer ones: by more than the {FIXED * 1e6:.0f} us that any policy costs a statement"
    note = ", ".join(f"{one.reading.table} ({one.reading.what}) {one.ratio:.1f}" for one in slower)
    yield Result("P11", what, len(slower), 0, note=note)
    what = "of the dearer ones: with another plan than the condition's"
    yield Result("P11", what, sum(one.reading in other for one in dearer), 0, note=names)
    more = statistics.median(one.secured.planning - one.explicit.planning for one in found)
    yield Result("P11", "planning a policy beside planning the condition, us", more * 1e6, PLANNING_TARGET)


def _readings(server: Engine) -> Iterator[Reading]:
    with server.connect() as connection:
        tables = list(connection.execute(text(POLICIES)))
        for organization, whose in ORGANIZATIONS.items():
            org = connection.scalar(
                text(f"SELECT quote_literal(bench.id('organizations', {organization})) || '::uuid'")
            )
            for table, policy, key in tables:
                condition = GATE.sub(r"\1", policy).replace(ONCE, org).replace("backbone.current_org()", org)
                for what, query in {
                    "all": f"SELECT count(*) FROM {table}{{}}",
                    "page": f"SELECT * FROM {table}{{}} ORDER BY {key} LIMIT 21",
                }.items():
                    explicit = query.format(f" WHERE {condition}")
                    yield Reading(organization, table, whose.format(what), query.format(""), explicit)


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
    """Its nodes and indexes, without the conditions and what is found out once."""
    nodes, once = list[str](), None
    for (line,) in rows_of(connection, f"EXPLAIN (COSTS OFF) {query}"):
        depth = len(line) - len(line.lstrip())
        if once is not None and depth > once:
            continue
        once = depth if line.lstrip().startswith("InitPlan") else None
        if once is None:
            nodes.append(line)
    return CONDITIONS.sub("", "\n".join([*nodes, ""]))

"""P6: every list at 10,000, 100,000 and 1,000,000 rows, each filter alone, as staff and as a learner.

Measured is the time of a page's statements, sent as the handler sends them, without `backbone.enter`: the handler's
constant part would flatter the growth. A page takes less than a millisecond, and what else the machine does only adds
to it, so the fastest of many counts; first and last page take turns, and a list that seems to miss is asked longer.
Beside the times stand the pages of memory that PostgreSQL read, which no noise changes. The last page's cursor is taken
from the list's own statement, read backwards. `include=total` counts what it counts, and is left out.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Connection

from bench.driver import Result, growth, timed
from bench.filling import fill, filled_database
from bench.listings import TABLES
from bench.lists import Variant, variants
from bench.server_time import cost
from bench.statements import Statement, sent
from lodestar.db import engine as product_engine
from lodestar.pagination import DEFAULT_LIMIT
from tests.gateway import get

SIZES = (10_000, 100_000, 1_000_000)
GROWTH_TARGET, LAST_TARGET = 0.10, 1.2
ROUNDS, PATIENCE = 15, 8
"""Rounds at a time, and how often a list that seems to miss is given as many again."""


@dataclass(frozen=True)
class Measured:
    """A list and its times."""

    variant: Variant
    first: list[tuple[int, int, float]] = field(default_factory=list)
    """At each size of the tables: that size, the rows of the page, seconds."""
    touched: list[int] = field(default_factory=list)
    """At each size: how many of PostgreSQL's pages the first one read."""
    last: list[float] = field(default_factory=list)
    """At each size: the last page's time to the first's."""

    @property
    def exponent(self) -> float:
        """Over the sizes at which the first page has as many rows as at the largest: a page that fills up is no growth."""
        rows = self.first[-1][1]
        like = [(size, seconds) for size, found, seconds in self.first if found == rows]
        return growth(like) if len(like) > 1 else 0.0


def measure() -> Iterator[Result]:
    """For each list the fastest growing of its variants, and the one whose last page costs most."""
    measured: list[Measured] = []
    with filled_database() as server:
        for below, size in zip((0, *SIZES), SIZES, strict=False):
            fill(server, TABLES, above=below, up_to=size)
            measured = measured or [Measured(variant) for variant in variants(server)]
            for one in measured:
                _measure(one, size=size)
    yield from _results(measured)


def _results(measured: list[Measured]) -> Iterator[Result]:
    by_path: dict[str, list[Measured]] = defaultdict(list)
    for one in measured:
        by_path[one.variant.path].append(one)
    for path, of_path in by_path.items():
        name = path.removeprefix("/v1/")
        worst = max(of_path, key=lambda m: m.exponent)
        times = ", ".join(f"{seconds * 1e3:.2f}" for _, _, seconds in worst.first)
        touched = ", ".join(f"{pages:,}" for pages in worst.touched)
        note = f"{worst.variant}: {times} ms, {touched} pages"
        yield Result("P6", f"{name}: exponent", worst.exponent, GROWTH_TARGET, note=note)
        if paged := [one for one in of_path if one.last]:
            dearest = max(paged, key=lambda m: m.last[-1])
            what = f"{name}: last page / first"
            yield Result("P6", what, dearest.last[-1], LAST_TARGET, note=str(dearest.variant))


def _measure(one: Measured, *, size: int) -> None:
    """The fastest of the first pages, and the fastest of the last ones to it."""
    page = one.variant.page(limit=DEFAULT_LIMIT)
    cursor = one.variant.cursor_before(DEFAULT_LIMIT) if page["page"]["next_cursor"] else None
    first = _statements(one.variant)
    last = _statements(one.variant, cursor=cursor) if cursor else []
    firsts: list[float] = []
    lasts: list[float] = []
    with one.variant.session() as session:
        connection = session.connection()
        one.touched.append(sum(_pages(connection, statement) for statement in first))
        one.first.append((size, len(page["data"]), 0))
        for _ in range(PATIENCE):
            for _ in range(ROUNDS):
                firsts.append(timed(partial(_read, connection, first)))
                if last:
                    lasts.append(timed(partial(_read, connection, last)))
            one.first[-1] = (size, len(page["data"]), min(firsts))
            ratio = min(lasts) / min(firsts) if lasts else 0
            if one.exponent <= GROWTH_TARGET and ratio <= LAST_TARGET:
                break
    if lasts:
        one.last.append(ratio)


def _statements(variant: Variant, *, cursor: str | None = None) -> list[Statement]:
    """What a page sends."""
    with sent(product_engine()) as seen:
        get(variant.at(limit=DEFAULT_LIMIT, cursor=cursor), as_=variant.caller).expect(200)
    return [one for one in seen if "backbone.enter" not in one.sql]


def _read(connection: Connection, statements: Sequence[Statement]) -> None:
    for one in statements:
        connection.exec_driver_sql(one.sql, one.parameters).fetchall()


def _pages(connection: Connection, statement: Statement) -> int:
    return cost(
        statement.sql, lambda query: connection.exec_driver_sql(query, statement.parameters).scalar_one()
    ).pages

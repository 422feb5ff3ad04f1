"""P10: draining the outbox by the relay, over a raw batched claim; and the same with up to a million events already sent.

The bus takes everything at once in both cases: measured are the claims, the rows' way into Python, and the marks. The
raw claim is one UPDATE ... RETURNING a thousand rows, with SKIP LOCKED, committed a batch.
"""

from collections.abc import Iterator
from unittest import mock

from pg8000.dbapi import Connection
from sqlalchemy import Engine, text

from backbone import relay
from bench.driver import Result, compare_rates, growth, timed
from bench.filling import fill, filled_database
from bench.product import connect, rows_of
from lodestar.bus import Sent
from lodestar.outbox import OutboxRow

TARGET, GROWTH_TARGET = 0.3, 0.10
WAITING = 10_000
SENT = (10_000, 100_000, 1_000_000)
ROUNDS = 7
DETAIL = (
    """{"event_id": "x", "org_id": "y", "version": 1, "correlation_id": "z", "data": {"attempt_id": "a"}}"""
)
MAKE_READY = f"""
    INSERT INTO backbone.outbox (id, org_id, name, detail, occurred_at)
    SELECT uuidv7(), bench.org(n), 'bench.happened', '{DETAIL}', now() - interval '1 hour'
    FROM generate_series(1, {WAITING}) AS n
"""
RAW_CLAIM = """
    UPDATE backbone.outbox SET published_at = now() WHERE id IN (
      SELECT id FROM backbone.outbox WHERE published_at IS NULL
      ORDER BY attempts, occurred_at, id LIMIT 1000 FOR UPDATE SKIP LOCKED
    ) RETURNING id, org_id, name, detail, occurred_at
"""


def measure() -> Iterator[Result]:
    """The rate with 10,000 sent events beside the waiting ones; the growth of the relay's time over three sizes."""
    with filled_database() as server, mock.patch("lodestar.bus.put", _take_all):
        raw = connect(server)
        by_size: list[tuple[int, float]] = []
        for below, size in zip((0, *SENT), SENT, strict=False):
            fill(server, ["backbone.outbox"], above=below, up_to=size)
            if not below:
                yield compare_rates(
                    "P10",
                    f"drain of {WAITING:,} events / raw batched claim",
                    baseline=lambda: _claim_raw(raw),
                    candidate=_drain,
                    target=TARGET,
                    rounds=ROUNDS,
                    before_each=lambda: _make_ready(server),
                )
            by_size.append((size, min(_timed_drain(server) for _ in range(ROUNDS))))
        raw.close()
    note = ", ".join(f"{WAITING / seconds:,.0f}" for _, seconds in by_size) + " events/s"
    yield Result(
        "P10", "drain beside 1,000,000 sent events: exponent", growth(by_size), GROWTH_TARGET, note=note
    )


def _take_all(rows: list[OutboxRow]) -> Sent:
    return Sent([row.id for row in rows])


def _make_ready(server: Engine) -> None:
    with server.connect() as connection:
        connection.execute(text("DELETE FROM backbone.outbox WHERE name = 'bench.happened'"))
        connection.exec_driver_sql(MAKE_READY)
        connection.exec_driver_sql("VACUUM ANALYZE backbone.outbox")


def _timed_drain(server: Engine) -> float:
    _make_ready(server)
    return timed(_drain)


def _drain() -> None:
    drained = 0
    while published := relay.sweep(older_than_seconds=0)[0]:
        drained += published
    assert drained == WAITING


def _claim_raw(connection: Connection) -> None:
    claimed = 0
    while rows := rows_of(connection, RAW_CLAIM):
        claimed += len(rows)
        connection.commit()
    connection.commit()
    assert claimed == WAITING

"""lodestar.pipelining does what pg8000 does, in fewer round trips."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

import pg8000
import pytest
from sqlalchemy import text

from lodestar import pipelining
from lodestar.db import engine, work_for
from lodestar.pipelining import Connection
from tests.factories.identity import an_organization

pytestmark = pytest.mark.usefixtures("product")
BOTH = pytest.mark.parametrize("kind", [pg8000.Connection, Connection])
VALUES = (
    "1::smallint", "2::bigint", "1.50::numeric", "0.25::float8", "true", "'x'::text", "NULL::text", "''::text",
    "'{\"a\": [1, null]}'::jsonb", "'\\xff00'::bytea", "ARRAY['a', NULL, 'b,c']", "ARRAY[1, 2]",
    "'6a2f41a3-c54c-4d2e-9d0e-6ab4d0f2b9d1'::uuid", "date '2026-02-28'", "time '10:11:12'",
    "timestamp '2026-02-28 10:11:12.5'", "timestamptz '2026-02-28 10:11:12+00'",
    "timestamptz '2026-02-28 10:11:12.123456+00'", "timestamptz '2026-02-28 10:11:12.5+02'",
    "timestamptz 'infinity'", "timestamptz '0044-03-15 12:00:00+00 BC'", "timestamptz '12026-01-01 00:00:00+00'",
    "tstzrange('2026-01-01 00:00:00+00', '2026-01-02 00:00:00+00')", "interval '1 day 2 seconds'",
)  # fmt: skip


@contextmanager
def connected(kind: type[Any], **options: Any) -> Iterator[Any]:
    url = engine().url
    place = {"host": url.host, "port": url.port, "password": url.password, "database": url.database}
    connection = kind(url.username, **place, **options)
    yield connection
    with suppress(pg8000.InterfaceError):
        connection.close()


def run(connection: Any, statement: str, *values: Any) -> Any:
    cursor = connection.cursor()
    cursor.execute(statement, values)
    return cursor


def rows(connection: Any, statement: str, *values: Any) -> list[list[Any]]:
    return [list(row) for row in run(connection, statement, *values).fetchall()]


@contextmanager
def counted(connection: Any) -> Iterator[list[int]]:
    """The round trips: how often what was written was sent, and an answer waited for."""
    sock, sent = connection._sock, []

    class Counting:
        def __getattr__(self, name: str) -> Any:
            return getattr(sock, name)

        def flush(self) -> None:
            sent.append(1)
            sock.flush()

    connection._sock = Counting()
    yield sent
    connection._sock = sock


def transaction(connection: Any) -> int:
    with counted(connection) as sent:
        rows(connection, "SELECT %s::text", "a")
        rows(connection, "SELECT %s::text, %s::text", "a", "b")
        connection.commit()
    return len(sent)


def test_a_transaction_takes_a_round_trip_a_statement_and_one_to_commit() -> None:
    with connected(Connection) as connection:
        assert transaction(connection) == 3


def test_pg8000_by_itself_still_takes_ten() -> None:
    """Once it takes three, lodestar.pipelining can go."""
    with connected(pg8000.Connection) as connection:
        assert transaction(connection) == 10


def test_the_unit_of_work_sends_three_times_for_a_read() -> None:
    org_id = an_organization()
    with work_for(org_id) as session:
        pooled = session.connection().connection.driver_connection
    with counted(pooled) as sent, work_for(org_id) as session:
        assert session.scalar(text("SELECT :a + 1"), {"a": 1}) == 2
        assert session.connection().connection.driver_connection is pooled
    assert len(sent) == 3


@pytest.mark.parametrize("value", VALUES)
def test_values_come_as_pg8000_hands_them_over(value: str) -> None:
    def read(kind: type[Any]) -> Any:
        with connected(kind) as connection:
            run(connection, "SET TIME ZONE 'UTC'")
            cursor = run(connection, f"SELECT {value} AS it WHERE %s::text = 'a'", "a")
            return cursor.fetchall(), cursor.description, cursor.rowcount

    assert read(Connection) == read(pg8000.Connection)


def test_values_go_as_pg8000_sends_them() -> None:
    given = (1, None, "ä€𝄞", b"\x00\xff", True, 2.5, uuid4(), ["a", None], {"a": 1}, "%s $1 ''")
    asked = "SELECT %s::int, %s::text, %s::text, %s::bytea, %s::bool, %s::float8, %s::uuid, %s::text[], %s::jsonb, %s::text || '%%s'"

    def read(kind: type[Any]) -> Any:
        with connected(kind) as connection:
            return rows(connection, asked, *given)

    assert read(Connection) == read(pg8000.Connection)


def test_a_statement_longer_than_any_buffer_arrives_whole() -> None:
    with connected(Connection) as connection:
        values = [f"{n:099d}€" for n in range(5_000)]
        asked = f"SELECT array_length(ARRAY[{', '.join(['%s'] * len(values))}]::text[], 1), length(%s::text)"
        assert rows(connection, asked, *values, "x" * 2_000_000) == [[5_000, 2_000_000]]


@BOTH
@pytest.mark.parametrize(
    ("statement", "kind_of_error", "state"),
    [
        ("SELECT 1 / %s::int", pg8000.ProgrammingError, "22012"),
        ("SELEC %s", pg8000.ProgrammingError, "42601"),
        ("SELECT %s::int FROM nowhere.at_all", pg8000.ProgrammingError, "42P01"),
        (
            "INSERT INTO pg_temp.taken SELECT 1 + %s::int FROM generate_series(1, 2)",
            pg8000.IntegrityError,
            "23505",
        ),
    ],
)
def test_an_error_is_of_pg8000_s_kind_and_the_connection_goes_on(
    kind: type[Any], statement: str, kind_of_error: type[Exception], state: str
) -> None:
    with connected(kind) as connection:
        run(connection, "CREATE TEMP TABLE taken (n int PRIMARY KEY)")
        connection.commit()
        with pytest.raises(kind_of_error) as raised:
            run(connection, statement, 0)
        assert raised.value.args[0]["C"] == state
        with pytest.raises(pg8000.ProgrammingError) as raised:
            run(connection, "SELECT %s::int", 1)
        assert raised.value.args[0]["C"] == "25P02"
        connection.rollback()
        assert rows(connection, "SELECT %s::int", 1) == [[1]]


@BOTH
def test_a_failed_transaction_does_not_commit_unnoticed(kind: type[Any]) -> None:
    with connected(kind) as connection:
        with pytest.raises(pg8000.ProgrammingError):
            run(connection, "SELECT 1 / %s::int", 0)
        with pytest.raises(pg8000.InterfaceError, match="in failed transaction block"):
            connection.commit()


def test_a_transaction_is_begun_once_and_ended_by_its_commit() -> None:
    identity = "SELECT pg_current_xact_id()::text, %s::text"
    with connected(Connection) as connection:
        first = rows(connection, identity, "")
        assert rows(connection, identity, "") == first
        connection.commit()
        assert rows(connection, identity, "") != first
        connection.rollback()
        connection.autocommit = True
        run(connection, "SELECT %s::int", 1)
        assert not connection._in_transaction


def test_a_value_that_cannot_be_sent_leaves_the_connection_good() -> None:
    with connected(Connection) as connection:
        run(connection, "SELECT %s::int", 1)
        with pytest.raises(UnicodeEncodeError):
            run(connection, "SELECT %s::text", "half a pair: \ud800")
        assert rows(connection, "SELECT %s::int", 2) == [[2]]


def test_rows_are_copied_in_and_out() -> None:
    with connected(Connection) as connection:
        run(connection, "CREATE TEMP TABLE copied (n int) ON COMMIT DROP")
        connection.cursor().execute("COPY copied FROM STDIN", stream=io.BytesIO(b"1\n2\n"))
        out = io.BytesIO()
        connection.cursor().execute("COPY copied TO STDOUT", stream=out)
    assert out.getvalue() == b"1\n2\n"


def test_a_server_that_went_away_is_a_network_error() -> None:
    with connected(Connection) as connection, connected(pg8000.Connection) as other:
        [[process]] = rows(connection, "SELECT pg_backend_pid() WHERE %s::int = 1", 1)
        run(other, "SELECT pg_terminate_backend(%s::int, 5000)", process)
        with pytest.raises(pg8000.InterfaceError, match="network error"):
            run(connection, "SELECT %s::int", 1)


def in_transaction(connection: Any) -> None:
    run(connection, "SELECT %s::int", 1)


@pytest.mark.parametrize("begin", [None, in_transaction])
def test_only_the_first_statement_of_a_transaction_must_be_as_quick_as_a_connect(
    begin: Callable[[Any], None] | None,
) -> None:
    with connected(Connection, timeout=0.3) as connection:
        if begin:
            begin(connection)
            assert run(connection, "SELECT pg_sleep(%s::float8)", 0.6).rowcount == 1
        else:
            with pytest.raises(pg8000.InterfaceError, match="network error"):
                run(connection, "SELECT pg_sleep(%s::float8)", 0.6)


def test_silence_ends_later_than_the_server_ends_a_statement() -> None:
    """Else a statement, or a wait for a lock, would look like a server that went away."""
    with work_for(an_organization()) as session:
        limits = session.scalar(
            text(
                "SELECT max(setting::int) FROM pg_settings WHERE name IN ('statement_timeout', 'lock_timeout')"
            )
        )
    assert 0 < limits / 1000 < pipelining.ANSWER_SECONDS

"""local/postgres.py: one server a directory, healed after any death, nobody superuser, this machine only."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from local import postgres
from local.processes import is_alive, wait_until

FAST = {"fsync": "off"}


def value(url: str, query: str) -> object:
    """What a query of one value answers, over a connection of its own."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return connection.scalar(text(query))
    finally:
        engine.dispose()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[postgres.Server]:
    started = postgres.start(tmp_path / "data", options=FAST)
    yield started
    found = postgres.find(tmp_path / "data")
    if found is not None:
        found.stop()


def test_the_migrator_is_no_superuser_and_makes_roles_and_databases(server: postgres.Server) -> None:
    attributes = "SELECT array[rolsuper, rolcreaterole, rolcreatedb, rolbypassrls] FROM pg_roles WHERE rolname = current_user"
    assert value(server.url(), attributes) == [False, True, True, False]
    assert value(
        server.url(), "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'lodestar'"
    ) == ("lodestar_migrator")


def test_it_has_the_extensions_and_the_major_version_of_the_template(server: postgres.Server) -> None:
    extensions = value(server.url(), "SELECT array_agg(extname::text ORDER BY extname) FROM pg_extension")
    assert extensions == ["btree_gist", "pg_trgm", "plpgsql"]
    assert str(value(server.url(), "SHOW server_version")).startswith("18.")
    assert value(server.url(), "SHOW max_connections") == "400"


def test_it_listens_on_this_machine_only_and_wants_a_password(server: postgres.Server) -> None:
    listening = {
        connection.laddr.ip
        for connection in psutil.Process(server.pid).net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}
    wrong = make_url(server.url()).set(password="wrong").render_as_string(hide_password=False)
    with pytest.raises(DBAPIError, match="password authentication failed"):
        value(wrong, "SELECT 1")
    assert "scram-sha-256" in (server.data_directory / "cluster" / "pg_hba.conf").read_text()


def test_only_its_owner_reads_the_passwords(server: postgres.Server) -> None:
    assert (server.data_directory / "passwords.json").stat().st_mode & 0o777 == 0o600


def test_a_running_server_is_reused(server: postgres.Server) -> None:
    again = postgres.start(server.data_directory)
    assert (again.pid, again.port, again.started) == (server.pid, server.port, False)
    assert again.url() == server.url()


def test_options_reach_the_server(server: postgres.Server) -> None:
    assert value(server.url(), "SHOW fsync") == "off"


def test_data_survives_a_kill(server: postgres.Server) -> None:
    engine = create_engine(server.url())
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept AS SELECT 42 AS answer"))
    engine.dispose()
    os.kill(server.pid, signal.SIGKILL)
    wait_until(lambda: not server.is_running(), seconds=5, what="its death")
    again = postgres.start(server.data_directory, options=FAST)
    assert again.started
    assert value(again.url(), "SELECT answer FROM kept") == 42


def test_it_starts_although_the_lock_names_a_stranger(server: postgres.Server) -> None:
    server.stop()
    lock = server.data_directory / "cluster" / "postmaster.pid"
    lock.write_text(
        f"{os.getpid()}\n{lock.parent}\n1700000000\n{server.port}\n\n127.0.0.1\n  1  1\nready   \n"
    )
    assert postgres.find(server.data_directory) is None
    assert postgres.start(server.data_directory, options=FAST).started


def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    script = (
        "import os, pathlib, signal, sys; from local import postgres\n"
        "print(postgres.start(pathlib.Path(sys.argv[1]), options={'fsync': 'off'}).pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False
    )
    pid = int(ended.stdout)
    wait_until(lambda: not is_alive(pid), seconds=10, what="end of the server")


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        with pytest.raises(RuntimeError, match="Address already in use"):
            postgres.start(tmp_path, port=holder.getsockname()[1], options=FAST)

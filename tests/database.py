"""The test run's PostgreSQL: one server, one migrated template, a copy of it for each worker.

The server ends with the worker that started it, which waits for the others; the kernel ends it should that worker die.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.engine import make_url

from local import postgres

TEMPLATE = "lodestar_template"
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Database:
    """A migrated database: how the functions reach it, and how the migrator does."""

    application_url: str
    migrator_url: str


@contextmanager
def provide(shared: Path, *, worker: str) -> Iterator[Database]:
    """Start or join the run's server; copy the migrated template under the worker's name."""
    with (shared / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server = postgres.start(shared / "postgres", options=FAST)
        name = f"lodestar_{worker}"
        migrator = make_url(server.url("lodestar_migrator", "lodestar"))
        application = make_url(server.url("lodestar_app", "lodestar"))
        with create_engine(
            migrator, poolclass=NullPool, isolation_level="AUTOCOMMIT"
        ).connect() as connection:
            exists = text("SELECT 1 FROM pg_database WHERE datname = :name")
            if not connection.scalar(exists, {"name": TEMPLATE}):
                connection.execute(text(f"CREATE DATABASE {TEMPLATE} TEMPLATE lodestar"))
                from handler import migrate

                migrate(migrator.set(database=TEMPLATE), application_url=application)
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
    with (shared / "postgres.users").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        yield Database(
            application_url=application.set(database=name).render_as_string(hide_password=False),
            migrator_url=migrator.set(database=name).render_as_string(hide_password=False),
        )
        if server.started:
            fcntl.flock(users, fcntl.LOCK_EX)  # once the other workers are done too
            server.stop()

"""The one linear history: up, down and up again, in agreement with the models, told to CloudFormation."""

import importlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Integer, MetaData, NullPool, String, create_engine, text
from sqlalchemy.engine import URL, make_url

import custom_resource
import handler
from lodestar import tables
from lodestar.db import Base
from tests.database import Database

ROOT = Path(__file__).resolve().parents[2]
DOMAINS = ("identity", "insights", "learning", "media", "assessment", "messaging")

ORG, LEARNER, ATTEMPT, FIRST, AGAIN = (f"00000000-0000-7000-8000-00000000000{n}" for n in range(1, 6))
TWICE = (
    "ALTER TABLE identity.organizations NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE identity.users NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE insights.activity_events NO FORCE ROW LEVEL SECURITY",
    f"SELECT set_config('lodestar.org_id', '{ORG}', true)",
    f"INSERT INTO identity.organizations (id, kind, name, slug, time_zone) VALUES ('{ORG}', 'institution', 'A', 'a', 'UTC')",
    f"INSERT INTO identity.users (id, email, display_name) VALUES ('{LEARNER}', 'a@example.org', 'Ada')",
    *(
        "INSERT INTO insights.activity_events (id, org_id, occurred_at, verb, object_type, object_id, learner_id) "
        f"VALUES ('{event}', '{ORG}', now(), 'submitted', 'attempt', '{ATTEMPT}', '{LEARNER}')"
        for event in (FIRST, AGAIN)
    ),
    "ALTER TABLE insights.activity_events FORCE ROW LEVEL SECURITY",
)
"""What was handed in, told of again."""


@pytest.fixture
def fresh(database: Database, request: pytest.FixtureRequest) -> Iterator[tuple[URL, URL]]:
    """An empty database of this test's own: the migrator's URL and the application's."""
    name = f"migrations_{abs(hash(request.node.name)) % 10**8}"
    migrator, application = make_url(database.migrator_url), make_url(database.application_url)
    server = create_engine(migrator, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE lodestar"))
    yield migrator.set(database=name), application.set(database=name)
    with server.connect() as connection:
        # Not WITH (FORCE), which the migrator may not do to a worker of autovacuum; without it the server sees to those.
        connection.execute(text(f"DROP DATABASE {name}"))


def schemas(url: URL) -> set[str]:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        rows = connection.scalars(
            text("SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_)'")
        )
        return set(rows) - {"public", "migrations"}


def test_the_history_goes_up_down_and_up_again(fresh: tuple[URL, URL]) -> None:
    migrator, application = fresh
    head = handler.migrate(migrator, application_url=application)
    assert handler.migrate(migrator, application_url=application) == head
    assert schemas(migrator) == {"backbone", *DOMAINS}
    handler.downgrade(migrator, "0006")
    handler.downgrade(migrator, "base")
    assert schemas(migrator) == set()
    assert handler.migrate(migrator, application_url=application) == head


def test_work_noted_twice_is_noted_once_after_the_migration(fresh: tuple[URL, URL]) -> None:
    """A migration saw no row of any organization, as row-level security is forced on its tables' owner too."""
    migrator, application = fresh
    handler.migrate(migrator, application_url=application)
    handler.downgrade(migrator, "0031")
    with create_engine(migrator, poolclass=NullPool).begin() as connection:
        connection.execute(text("SET ROLE lodestar_owner"))
        for statement in TWICE:
            connection.execute(text(statement))
    handler.migrate(migrator, application_url=application)
    with create_engine(migrator, poolclass=NullPool).begin() as connection:
        connection.execute(text("SET ROLE lodestar_owner"))
        connection.execute(text("ALTER TABLE insights.activity_events NO FORCE ROW LEVEL SECURITY"))
        assert connection.scalars(text("SELECT id::text FROM insights.activity_events")).all() == [FIRST]


def test_models_and_tables_agree(database: Database) -> None:
    for file in sorted(ROOT.glob("functions/*/src/*/models/*.py")):
        importlib.import_module(f"{file.parent.parent.name}.models.{file.stem}")
    with create_engine(make_url(database.migrator_url), poolclass=NullPool).connect() as connection:
        for metadata in (Base.metadata, tables.metadata):
            assert _differences(connection, metadata) == []


def _differences(connection: Connection, metadata: MetaData) -> list[str]:
    """What autogeneration would change: columns that only one side has, other types, other nullability.

    Indexes and constraints stand in the migrations only.
    """
    names = {table.schema for table in metadata.tables.values()}
    mapped = {(table.schema, table.name) for table in metadata.tables.values()}
    options = {
        "include_schemas": True,
        "include_name": lambda name, kind, _parents: kind != "schema" or name in names,
        "include_object": lambda item, _name, kind, _reflected, _other: (
            kind not in ("index", "unique_constraint", "foreign_key_constraint")
            and (kind != "table" or (item.schema, item.name) in mapped)
        ),
        "compare_type": _other_type,
    }
    context = MigrationContext.configure(connection, opts=options)
    return [str(difference) for difference in compare_metadata(context, metadata)]


def _other_type(_context: Any, _there: Any, _here: Any, stored: Any, mapped: Any) -> bool | None:
    """A Python string is text or varchar, a Python number integer or bigint: the migration chooses."""
    alike = any(isinstance(stored, family) and isinstance(mapped, family) for family in (String, Integer))
    return False if alike else None


@pytest.fixture
def cloudformation() -> Iterator[tuple[str, list[bytes]]]:
    """A presigned URL, and what was put to it."""
    told: list[bytes] = []

    class Answer(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            told.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_request(self, *_: Any) -> None:
            """Tests print nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/answer", told
    server.shutdown()


def request(url: str, kind: str) -> dict[str, Any]:
    ids = {"StackId": "stack", "RequestId": "request", "LogicalResourceId": "Migrations"}
    return {"RequestType": kind, "ResponseURL": url, **ids}


def test_cloudformation_hears_of_success(cloudformation: tuple[str, list[bytes]]) -> None:
    url, told = cloudformation
    custom_resource.fulfil(request(url, "Create"), lambda: {"revision": "0007"})
    assert b'"Status": "SUCCESS"' in told[0]
    assert b'"revision": "0007"' in told[0]


def test_cloudformation_hears_of_a_failure_at_once(cloudformation: tuple[str, list[bytes]]) -> None:
    url, told = cloudformation

    def fail() -> dict[str, Any]:
        raise TimeoutError("the database does not answer")

    custom_resource.fulfil(request(url, "Update"), fail)
    assert b'"Status": "FAILED"' in told[0]
    assert b"the database does not answer" in told[0]


def test_deleting_the_stack_touches_no_data(cloudformation: tuple[str, list[bytes]]) -> None:
    url, told = cloudformation
    custom_resource.fulfil(request(url, "Delete"), lambda: pytest.fail("deleting migrates nothing"))
    assert b'"Status": "SUCCESS"' in told[0]

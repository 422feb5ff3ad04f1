"""R9: row-level security by itself. Raw SQL as the application role, on every table and view, takes nobody else's."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from sqlalchemy import NullPool, create_engine, text

from lodestar.principal import NOBODY
from tests.database import Database
from tests.proof import Proof
from tests.security.catalogue import Rows, relations, visible_to, without_policies
from tests.security.probing import UUIDS
from tests.security.raw import attacks, attempt, entered, harm, tenants
from tests.security.world import World

pytestmark = pytest.mark.proof
PLANTED = "messaging.notifications"


def mentions(rows: Rows, ids: Iterable[str]) -> dict[str, set[str]]:
    """Which of the ids each table or view shows."""
    wanted = set(ids)
    found = {name: wanted & set(UUIDS.findall(json.dumps(content))) for name, content in rows.items()}
    return {name: ids for name, ids in found.items() if ids}


@contextmanager
def planted(migrator_url: str, fault: str, undone_by: str) -> Iterator[None]:
    """The database with a fault, until the block ends."""
    engine = create_engine(migrator_url, poolclass=NullPool)

    def run(statements: str) -> None:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL ROLE lodestar_owner"))
            connection.exec_driver_sql(statements)

    run(fault)
    try:
        yield
    finally:
        run(undone_by)


def unforced() -> list[str]:
    """Tables and views that row-level security does not bind, whoever asks."""
    with entered(None) as connection:
        found = relations(connection)
    tables = [r for r in found if not r.is_view and (r.has_org_id or r.readable)]
    views = [r for r in found if r.is_view]
    return [
        *(f"{table.name} is not forced" for table in tables if not (table.secured and table.forced)),
        *(f"{view.name} asks as its owner" for view in views if not view.by_invoker),
    ]


def test_every_table_is_forced_and_every_view_asks_as_its_reader(proof: Proof, product: None) -> None:
    with entered(None) as connection:
        found = relations(connection)
    assert len([r for r in found if r.has_org_id and not r.is_view]) > 40
    proof.found("R9", "tables forced, views by invoker", tried=len(found), wrong=unforced())


def test_no_statement_takes_another_organizations_rows(proof: Proof, ours: World, theirs: World) -> None:
    with entered(ours.org_id) as connection:
        tables = tenants(connection)
        wrong = [fault for table in tables for fault in harm(connection, table, to=theirs)]
    tried = sum(len(attacks(table)) for table in tables)
    proof.found("R9", "statements on every tenant table, entered for another", tried=tried, wrong=wrong)
    assert visible_to(theirs.org_id) == theirs.rows


@pytest.mark.parametrize("org_id", [None, NOBODY], ids=["nobody entered", "entered for nobody"])
def test_without_an_organization_no_statement_takes_anything(
    org_id: UUID | None, proof: Proof, theirs: World
) -> None:
    with entered(org_id) as connection:
        tables = tenants(connection)
        wrong = [fault for table in tables for fault in harm(connection, table, to=theirs)]
    tried = sum(len(attacks(table)) for table in tables)
    proof.found("R9", f"statements on every tenant table, {org_id or 'unset'}", tried=tried, wrong=wrong)


def test_entered_for_one_organization_no_table_and_no_view_shows_another(
    proof: Proof, ours: World, theirs: World
) -> None:
    secret = theirs.ids_of(None) | {str(theirs.org_id)}
    wrong, tried = [], 0
    for asker in (ours.org_id, NOBODY):
        for views in (False, True):
            rows = visible_to(asker, views=views)
            tried += len(rows)
            wrong += [f"{name} shows {sorted(ids)[:3]}" for name, ids in mentions(rows, secret).items()]
            assert len(mentions(visible_to(theirs.org_id, views=views), secret)) > 8
    proof.found("R9", "tables and views, every row read", tried=tried, wrong=wrong)


def test_no_view_is_written_through(proof: Proof, ours: World) -> None:
    wrong, tried = [], 0
    with entered(ours.org_id) as connection:
        for view in (r for r in relations(connection) if r.is_view):
            column = connection.execute(text(f"SELECT * FROM {view.name} LIMIT 0")).keys()
            (first, *_) = column
            for statement in (f"DELETE FROM {view.name}", f"UPDATE {view.name} SET {first} = {first}"):
                tried += 1
                outcome = attempt(connection, statement)
                wrong += [f"{statement}: {outcome}"] if not isinstance(outcome, str) else []
    proof.found("R9", "writing through views", tried=tried, wrong=wrong)


def test_without_the_policies_every_table_would_show_the_other(
    proof: Proof, ours: World, theirs: World, database: Database
) -> None:
    with without_policies(database.migrator_url, ours.org_id) as rows:
        shown = mentions(rows, theirs.ids_of(None))
    filled = {name for name, content in theirs.rows.items() if content}
    proof.control("R9", "row-level security", tried=len(filled), caught=len(shown))
    assert filled <= shown.keys()
    assert mentions(visible_to(ours.org_id), theirs.ids_of(None)) == {}


FAULTS = {
    "FORCE": (
        f"ALTER TABLE {PLANTED} NO FORCE ROW LEVEL SECURITY",
        f"ALTER TABLE {PLANTED} FORCE ROW LEVEL SECURITY",
    ),
    "row-level security on one table": (
        f"ALTER TABLE {PLANTED} DISABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {PLANTED} ENABLE ROW LEVEL SECURITY",
    ),
    "a policy that is narrow": (
        f"CREATE POLICY wide ON {PLANTED} TO lodestar_app USING (true)",
        f"DROP POLICY wide ON {PLANTED}",
    ),
    "a view that asks as its reader": (
        "CREATE VIEW messaging.v_planted AS SELECT * FROM messaging.notifications;"
        " GRANT SELECT ON messaging.v_planted TO lodestar_app",
        "DROP VIEW messaging.v_planted",
    ),
    "a table that is secured": (
        "CREATE TABLE messaging.planted (id uuid, org_id uuid); GRANT SELECT ON messaging.planted TO lodestar_app",
        "DROP TABLE messaging.planted",
    ),
}


@pytest.mark.parametrize("defence", FAULTS)
def test_a_defence_that_is_gone_is_noticed(
    defence: str, proof: Proof, ours: World, theirs: World, database: Database
) -> None:
    with planted(database.migrator_url, *FAULTS[defence]):
        with entered(ours.org_id) as connection:
            (table,) = (r for r in tenants(connection) if r.name == PLANTED)
            harmed = list(harm(connection, table, to=theirs))
        caught = unforced() + harmed
    proof.control("R9", defence, tried=len(attacks(table)) + 1, caught=len(caught))
    assert not unforced()


def test_a_policy_that_is_dropped_is_noticed(proof: Proof, ours: World, database: Database) -> None:
    """Without any policy PostgreSQL shows nothing, which the organization's own people notice."""
    drop = f"DROP POLICY tenant ON {PLANTED}"
    entered_rows = "org_id = backbone.current_org()"
    create = f"CREATE POLICY tenant ON {PLANTED} TO lodestar_app USING ({entered_rows}) WITH CHECK ({entered_rows})"
    with planted(database.migrator_url, drop, create):
        lost = [name for name, rows in ours.rows.items() if rows and not visible_to(ours.org_id).get(name)]
    proof.control("R9", "the tenant's own policy", tried=len(ours.rows), caught=len(lost))
    assert lost == [PLANTED]

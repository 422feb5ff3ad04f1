"""Raw SQL as the application role: what a query may do that forgot whose rows it is about."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from lodestar.db import engine
from lodestar.ids import new_id
from lodestar.principal import NOBODY
from tests.security.catalogue import Relation, relations
from tests.security.world import PEOPLE, World

ENTER = text("SELECT backbone.enter(:org, :user, false)")
REFUSED = {"42501", "LS409"}
"""SQLSTATE insufficient_privilege: no grant, or a row that the policies do not let in; and our own guards', which look
before the policies do."""
WRITABLE = text("""
  SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
  WHERE attrelid = to_regclass(:name) AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity = ''
""")


@contextmanager
def entered(org_id: UUID | None) -> Iterator[Connection]:
    """A transaction of the application for the organization, or for none at all. Nothing is kept."""
    with engine().connect() as connection:
        if org_id is not None:
            connection.execute(ENTER, {"org": org_id, "user": NOBODY})
        yield connection
        connection.rollback()


def tenants(connection: Session | Connection) -> list[Relation]:
    """The tables whose rows belong to an organization."""
    return [r for r in relations(connection) if not r.is_view and (r.has_org_id or r.forced)]


def key_of(table: Relation) -> str:
    """The column that says whose a row is."""
    return "org_id" if table.has_org_id else "id"


def key_in(table: Relation, world: World) -> UUID:
    """Its value in the world: people belong to no organization, and are seen by those that they are members of."""
    return world.learner.user_id if table.name == PEOPLE else world.org_id


def attempt(connection: Connection, statement: str, **parameters: object) -> int | str:
    """How many rows it took, or the SQLSTATE with which it was refused. Nothing is kept."""
    savepoint = connection.begin_nested()
    try:
        taken = connection.execute(text(statement), parameters).rowcount
    except DBAPIError as error:
        return str(error.orig.args[0]["C"])  # type: ignore[union-attr] # pg8000's
    finally:
        savepoint.rollback()
    return int(taken)


def attacks(table: Relation, *, columns: str = "*") -> dict[str, str]:
    """Statements that forget or forge the organization, by what they try. `:org` is the other one, `:id` a new id;
    `columns` are those that can be written."""
    name, key = table.name, key_of(table)
    forged = "jsonb_build_object('org_id', CAST(:org AS uuid), 'id', CAST(:id AS uuid))"
    found = {
        "read theirs": f"SELECT * FROM {name} WHERE {key} = :org",
        "lock theirs": f"SELECT * FROM {name} WHERE {key} = :org FOR UPDATE",
        "change theirs": f"UPDATE {name} SET {key} = {key} WHERE {key} = :org",
        "take theirs": f"UPDATE {name} SET {key} = backbone.current_org() WHERE {key} = :org",
        "remove theirs": f"DELETE FROM {name} WHERE {key} = :org",
        "give mine away": f"UPDATE {name} SET {key} = :org",
        "write into theirs": (
            f"INSERT INTO {name} ({columns}) SELECT {columns} FROM"
            f" (SELECT (jsonb_populate_record(r, {forged})).* FROM {name} AS r LIMIT 1) AS forged"
        ),
        "write into theirs from nothing": f"INSERT INTO {name} ({key}) VALUES (:org)",
        "empty it": f"TRUNCATE {name} CASCADE",
        "let everybody see": f"ALTER TABLE {name} DISABLE ROW LEVEL SECURITY",
        "add a policy": f"CREATE POLICY mine ON {name} USING (true)",
    }
    if name != PEOPLE:
        others = f"{name} WHERE {key} IS DISTINCT FROM backbone.current_org()"
        found |= {
            "read all but mine": f"SELECT * FROM {others}",
            "remove all but mine": f"DELETE FROM {others}",
        }
    return found


def harm(connection: Connection, table: Relation, *, to: World) -> Iterator[str]:
    """The attacks on the organization's rows that were not refused and did not come to nothing."""
    values = {"org": key_in(table, to), "id": new_id()}
    columns = connection.scalar(WRITABLE, {"name": table.name})
    for what, statement in attacks(table, columns=columns).items():
        wanted = {name: value for name, value in values.items() if f":{name}" in statement}
        outcome = attempt(connection, statement, **wanted)
        if outcome != 0 and outcome not in REFUSED:
            yield f"{what} of {table.name}: {outcome}"

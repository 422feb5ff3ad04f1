"""R9: rights are exactly as declared; what looks across organizations tells its declared columns and no more."""

import json
from collections.abc import Iterator
from itertools import product as product_of
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.principal import NOBODY
from tests.database import Database
from tests.proof import Proof
from tests.security.grants import FUNCTIONS, TABLES, TOLD_KEYS, faults
from tests.security.raw import entered
from tests.security.test_raw_sql import planted
from tests.security.world import World

pytestmark = pytest.mark.proof
PERSONAL = ("email", "display_name", "key_hash", "token_hash", "subject", "content", "storage_key", "reason")
PLANTS = {
    "no function is everybody's": (
        "GRANT EXECUTE ON FUNCTION backbone.current_org() TO PUBLIC",
        "REVOKE EXECUTE ON FUNCTION backbone.current_org() FROM PUBLIC",
    ),
    "a table's rights": (
        "GRANT TRUNCATE ON messaging.notifications TO lodestar_app",
        "REVOKE TRUNCATE ON messaging.notifications FROM lodestar_app",
    ),
    "what crosses is declared": (
        "GRANT INSERT ON learning.programs TO lodestar_crossing",
        "REVOKE INSERT ON learning.programs FROM lodestar_crossing",
    ),
    "a schema's rights": (
        "GRANT CREATE ON SCHEMA messaging TO lodestar_app",
        "REVOKE CREATE ON SCHEMA messaging FROM lodestar_app",
    ),
    "a function that crosses is declared": (
        "CREATE FUNCTION messaging.all_of_it() RETURNS SETOF messaging.notifications LANGUAGE sql SECURITY DEFINER"
        " AS 'SELECT * FROM messaging.notifications'; REVOKE ALL ON FUNCTION messaging.all_of_it() FROM PUBLIC",
        "DROP FUNCTION messaging.all_of_it()",
    ),
}


def test_every_right_is_as_declared(proof: Proof, product: None) -> None:
    with entered(None) as connection:
        tried = len(connection.execute(text(FUNCTIONS)).all()) + len(connection.execute(text(TABLES)).all())
        wrong = faults(connection)
    proof.found("R9", "rights on functions, tables, schemas", tried=tried, wrong=wrong)


@pytest.mark.parametrize("defence", PLANTS)
def test_a_right_too_many_is_noticed(defence: str, proof: Proof, database: Database, product: None) -> None:
    with planted(database.migrator_url, *PLANTS[defence]), entered(None) as connection:
        caught = faults(connection)
    proof.control("R9", defence, tried=1, caught=len(caught))


def test_the_application_can_neither_pass_nor_change_the_policies(proof: Proof, product: None) -> None:
    query = "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles WHERE rolname = "
    owned = "SELECT count(*) FROM pg_class WHERE pg_has_role(current_user, relowner, 'USAGE')"
    member = "SELECT rolname FROM pg_roles WHERE rolname <> current_user AND pg_has_role(current_user, oid, 'MEMBER')"
    with work_for(NOBODY) as session:
        wrong = [f"{role}: {rights}" for role in ("lodestar_app", "lodestar_crossing", "lodestar_owner")
                 for rights in session.execute(text(f"{query} '{role}'")) if any(rights)]  # fmt: skip
        wrong += [f"owns {session.scalar(text(owned))} tables"] if session.scalar(text(owned)) else []
        wrong += [f"is a member of {role}" for role in session.scalars(text(member))]
    proof.found("R9", "roles without a way around the policies", tried=5, wrong=wrong)


def values(result: object) -> set[str]:
    """The texts of a result, the keys and values of its JSON among them."""
    match result:
        case dict():
            return set(result).union(*(values(value) for value in result.values()))
        case list() | tuple():
            return set().union(*(values(value) for value in result))
        case _:
            return {str(result)}


def personal(world: World) -> set[str]:
    """What may leave the organization by no function: texts, names, addresses, hashes."""
    found = {
        str(row[column])
        for rows in world.rows.values()
        for row in rows
        for column in PERSONAL
        if isinstance(row.get(column), str)
    }
    return {value for value in found if len(value) > 3}


def reads(connection: Connection) -> Iterator[str]:
    """The functions that look across organizations and change nothing."""
    volatile = "SELECT p.oid::regprocedure::text FROM pg_proc AS p WHERE p.prosecdef AND p.provolatile <> 'v'"
    yield from connection.scalars(text(volatile))


def test_what_looks_across_organizations_tells_no_more_than_it_says(
    proof: Proof, ours: World, theirs: World
) -> None:
    secret, wrong, tried = personal(theirs), list[str](), 0
    given: dict[str, list[Any]] = {
        "uuid": [*(UUID(i) for i in sorted(theirs.ids_of(None))), theirs.org_id],
        "text": sorted({str(row["email"]) for row in theirs.rows["identity.users"]}),
        "integer": [0],
    }
    with entered(ours.org_id) as connection:
        for function in reads(connection):
            name, _, listed = function.rstrip(")").partition("(")
            types = listed.split(",") if listed else []
            query = text(
                f"SELECT * FROM {name}({', '.join(f'CAST(:a{n} AS {t})' for n, t in enumerate(types))})"
            )
            for arguments in product_of(*(given[t] for t in types)):
                tried += 1
                rows = connection.execute(query, {f"a{n}": a for n, a in enumerate(arguments)}).all()
                told = values([tuple(row) for row in rows]) & secret - values(arguments)
                wrong += [f"{function} tells {sorted(told)[:3]}"] if told else []
                wrong += [
                    f"{function} tells {sorted(row.data)}"
                    for row in rows
                    if "data" in row._fields and row.data.keys() - TOLD_KEYS
                ]
    proof.found("R9", "what crosses tells its columns", tried=tried, wrong=wrong)
    assert len(secret) > 10


def test_published_functions_know_of_no_other_organizations_rows(
    proof: Proof, ours: World, theirs: World
) -> None:
    """Those that do not cross: another organization's ids answer as ids that there are not."""
    wrong, tried = [], 0
    with entered(ours.org_id) as connection:
        functions = connection.execute(text(FUNCTIONS)).all()
        for function in (
            f for f in functions if not f.crosses and "uuid" in f.identity and "lodestar_app" in f.holders
        ):
            name, _, listed = function.identity.rstrip(")").partition("(")
            types = listed.split(",")
            if name == "backbone.enter":
                continue
            query = text(f"SELECT {name}({', '.join(f'CAST(:a{n} AS {t})' for n, t in enumerate(types))})")

            def answer(one: UUID, types: list[str] = types, query: object = query) -> str:
                given = {f"a{n}": one if t == "uuid" else 1 for n, t in enumerate(types)}
                return json.dumps(connection.execute(query, given).all(), default=str)  # type: ignore[call-overload]

            absent = answer(new_id())
            for probe in sorted(theirs.ids_of(None)):
                tried += 1
                wrong += [f"{name} knows {probe}"] if answer(UUID(probe)) != absent else []
    proof.found("R9", "published functions x another organization's ids", tried=tried, wrong=wrong)

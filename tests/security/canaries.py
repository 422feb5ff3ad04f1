"""A canary in every column that can hold one, in every row's table that is about a person, and in every file.

What can hold one is asked of PostgreSQL: a column whose constraints refuse free text cannot keep anybody's words.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import boto3
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from lodestar.config import settings
from lodestar.ids import new_id
from lodestar.privacy import PersonalTable
from tests.security.catalogue import relations
from tests.security.declarations import declarations

COLUMNS = """
SELECT a.attname, a.atttypid::regtype::text FROM pg_attribute AS a
WHERE a.attrelid = CAST(:table AS regclass) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
  AND a.atttypid IN ('text'::regtype, 'varchar'::regtype, 'jsonb'::regtype) ORDER BY a.attnum
"""
AS_OBJECT = "coalesce(nullif({column}, 'null'), '{{}}') || jsonb_build_object('said', CAST(:canary AS text))"
AS_ARRAY = "coalesce(nullif({column}, 'null'), '[]') || jsonb_build_array(CAST(:canary AS text))"


@dataclass
class Canaries:
    """Tokens by where they were planted: `domain: schema.table.column`, or a file's key."""

    person: UUID
    run: str = field(default_factory=lambda: new_id().hex[-12:])
    planted: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)

    def token(self, place: str) -> str:
        """A new one for the place."""
        return f"canary{self.run}n{len(self.planted) + len(self.refused):04d}x"

    def in_(self, said: str) -> set[str]:
        """The places of the tokens in a text."""
        place_of = {token: place for place, token in self.planted.items()}
        return {
            place_of[token] for token in re.findall(rf"canary{self.run}n\d{{4}}x", said) if token in place_of
        }


@contextmanager
def unguarded(migrator_url: str, *, keep: bool) -> Iterator[Connection]:
    """The owner without policies and triggers, until the block ends; with `keep` what it wrote is kept."""
    engine = create_engine(migrator_url, poolclass=NullPool)
    with engine.connect() as connection:
        tables = [r.name for r in relations(connection) if r.secured]
        connection.execute(text("SET LOCAL ROLE lodestar_owner"))
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY, DISABLE TRIGGER USER"))
        yield connection
        connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))  # no table with pending ones can be altered
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, ENABLE TRIGGER USER"))
        connection.commit() if keep else connection.rollback()


def plant(connection: Connection, canaries: Canaries, org_id: UUID) -> None:
    """One in each column of one of the person's rows in each of their tables."""
    connection.execute(text("SELECT set_config('lodestar.org_id', :org, true)"), {"org": str(org_id)})
    for data in declarations():
        for table in data.tables:
            for column, kind in connection.execute(text(COLUMNS), {"table": table.name}).all():
                place = f"{data.domain}: {table.name}.{column}"
                _plant_in(connection, canaries, table, place=place, kind=kind)


def _plant_in(
    connection: Connection, canaries: Canaries, table: PersonalTable, *, place: str, kind: str
) -> None:
    column = place.rpartition(".")[2]
    token = canaries.token(place)
    one = f"SELECT t.ctid FROM {table.name} AS t WHERE {table.of_person()} ORDER BY t.ctid LIMIT 1"
    row = connection.scalar(text(one), {"person": canaries.person})
    assert row is not None, f"{table.name}: the person has no row; let `complete` make one"
    for value, said in _values(token, column, kind, canaries.person):
        update = f"UPDATE {table.name} AS t SET {column} = {value} WHERE t.ctid = CAST(:row AS tid)"
        still = f"SELECT count(*) FROM {table.name} AS t WHERE {table.of_person()} AND to_jsonb(t)::text LIKE :said"
        nested = connection.begin_nested()
        try:
            connection.execute(text(update), {"canary": said, "row": row})
            found = connection.scalar(text(still), {"person": canaries.person, "said": f"%{token}%"})
        except DBAPIError:
            found = 0
            nested.rollback()
            continue
        if found:
            nested.commit()
            canaries.planted[place] = token
            return
        nested.rollback()
    canaries.refused.add(place)


def _values(token: str, column: str, kind: str, person: UUID) -> list[tuple[str, str]]:
    if kind == "jsonb":
        return [(form.format(column=column), token) for form in (AS_OBJECT, AS_ARRAY)]
    in_folder = f"regexp_replace(coalesce({column}, ''), '[^/]*$', :canary)"
    return [(in_folder, token), (":canary", f"{token}@example.org"), (":canary", f"{token}:{person}")]


def plant_files(canaries: Canaries, folders: list[str]) -> None:
    """In each folder an original, what was made of it, and an older version of both."""
    s3, bucket = boto3.client("s3"), settings().need("media_bucket")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in (f"{folder}{name}" for folder in folders for name in ("original.webm", "audio/000.opus")):
        s3.put_object(Bucket=bucket, Key=key, Body=f"an older version {canaries.run}".encode())
        token = canaries.token(key)
        canaries.planted[key] = token
        s3.put_object(Bucket=bucket, Key=key, Body=token.encode())


def in_database(connection: Connection, said: str) -> dict[str, list[str]]:
    """The rows that say it, as JSON, by table: of every organization."""
    found: dict[str, list[str]] = {}
    for table in (r.name for r in relations(connection) if r.readable and not r.is_view):
        query = f"SELECT to_jsonb(t)::text FROM {table} AS t WHERE to_jsonb(t)::text LIKE :said"
        if rows := list(connection.scalars(text(query), {"said": f"%{said}%"})):
            found[table] = rows
    return found


def in_bucket(org_id: UUID) -> list[str]:
    """Every version of every object of the organization: key and content."""
    s3, bucket = boto3.client("s3"), settings().need("media_bucket")
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=f"{org_id}/")
    versions = [version for page in pages for version in page.get("Versions", [])]
    return [
        f"{one['Key']} "
        + s3.get_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])["Body"]
        .read()
        .decode("latin-1")
        for one in versions
    ]

"""A person's rows as JSON, put by PostgreSQL itself into pieces of about a megabyte: no row passes through here."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from lodestar.db import principal_of
from lodestar.privacy.declarations import PersonalData, PersonalTable

PIECE_CHARACTERS = 1_000_000
EXPORT = """
INSERT INTO backbone.privacy_pieces (request_id, domain, "table", number, body)
SELECT :request, :domain, :name, piece, string_agg(body, E',\\n' ORDER BY nth) FROM (
  SELECT body, nth, (sum(length(body)) OVER (ORDER BY nth) / {piece})::integer AS piece FROM (
    SELECT (to_jsonb(t) - CAST(:withheld AS text[]))::text AS body, row_number() OVER () AS nth
    FROM {table} AS t WHERE {whose}
  ) AS rows
) AS pieces GROUP BY piece
"""


def export(session: Session, data: PersonalData, *, request_id: UUID, person: UUID) -> dict[str, Any]:
    """Store the pieces of the domain's tables; answers the report: rows by table, and the folders of files."""
    tables = []
    for table in data.tables:
        count = f"SELECT count(*) FROM {table.name} AS t WHERE {table.of_person()}"
        rows = session.scalar(text(count), {"person": person})
        if rows:
            statement = EXPORT.format(piece=PIECE_CHARACTERS, table=table.name, whose=table.of_person())
            session.execute(
                text(statement),
                {
                    "request": request_id,
                    "domain": data.domain,
                    "name": table.name,
                    "withheld": list(table.withheld),
                    "person": person,
                },
            )
        tables.append({"table": table.name, "rows": rows})
    return {"tables": tables, "folders": folders_of(session, data, person)}


class UnsafeFolder(Exception):
    """A row's folder is not one below its organization's: deleting it could take other people's files along."""


def folders_of(session: Session, data: PersonalData, person: UUID) -> list[str]:
    """The prefixes under which storage keeps the person's files: `<org_id>/<purpose>/<id>/`. Raises UnsafeFolder."""
    folders = [folder for table in data.tables if table.folder for folder in _folders(session, table, person)]
    own = re.compile(rf"{principal_of(session).org_id}/[^/]+/[^/]+/")
    for folder in folders:
        if not own.fullmatch(folder):
            raise UnsafeFolder(folder)
    return folders


def _folders(session: Session, table: PersonalTable, person: UUID) -> Iterator[str]:
    query = f"SELECT DISTINCT {table.folder} FROM {table.name} AS t WHERE {table.of_person()} ORDER BY 1"
    yield from session.scalars(text(query), {"person": person})

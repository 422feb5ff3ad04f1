"""A person's rows deleted, in one transaction a domain, with what else backbone keeps that tells of them."""

import re
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from lodestar.privacy.declarations import PersonalData, PersonalTable

UUID_PATTERN = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def _mentioned(said: str) -> str:
    """Whether the text `said` names one of `:ids`."""
    return f"EXISTS (SELECT FROM regexp_matches({said}, '{UUID_PATTERN}', 'g') AS m WHERE m[1] = ANY (:ids))"


FORGET_EVENTS = f"""
WITH told AS (
  DELETE FROM backbone.outbox WHERE published_at IS NOT NULL AND {_mentioned("detail::text")} RETURNING id
) DELETE FROM backbone.inbox WHERE event_id IN (SELECT id FROM told)
"""
FORGET_ANSWERS = f"""
DELETE FROM backbone.idempotency_keys WHERE {_mentioned("concat_ws(' ', route, body, headers::text)")}
"""


def erase(session: Session, data: PersonalData, *, person: UUID) -> dict[str, Any]:
    """Delete what may be deleted; answers the report: by table what was erased, or kept and why.

    Events that were published and saved answers of requests are forgotten when they mention the person or a row that
    goes: they would otherwise outlive it by 30 days and 72 hours.
    """
    ids = [str(person)]
    tables = []
    for table in (table for table in reversed(data.tables) if not table.apart):
        if table.kept is None:
            gone = session.scalars(text(_deletion(table)), {"person": person}).all()
            ids += [row_id for row_id in gone if row_id and re.fullmatch(UUID_PATTERN, row_id)]
            tables.append({"table": table.name, "rows": len(gone), "outcome": "erased"})
        else:
            count = f"SELECT count(*) FROM {table.name} AS t WHERE {table.of_person()}"
            kept = session.scalar(text(count), {"person": person})
            tables.append({"table": table.name, "rows": kept, "outcome": "kept", "ground": table.kept.value})
    for statement in (FORGET_EVENTS, FORGET_ANSWERS):
        session.execute(text(statement), {"ids": ids})
    return {"tables": tables}


def _deletion(table: PersonalTable) -> str:
    return f"DELETE FROM {table.name} AS t WHERE {table.of_person()} RETURNING to_jsonb(t) ->> 'id'"

"""What the domains declare of their tables, held against the database's own catalogue."""

import importlib
import re
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from lodestar.privacy import PersonalData, PersonalTable
from tests.security.catalogue import relations

ROOT = Path(__file__).resolve().parents[2]
NOBODYS = "migrations.alembic_version"
NAMES_A_PERSON = re.compile(
    r"(^|_)(by|user_id|learner_id|owner_id|recipient_id|actor_id|author_id|founder_id)$"
)
NAMES_SOMETHING_ELSE = {"learning.stage_awards.superseded_by", "learning.program_assignments.owner_id"}
"""An override, and an organization."""
POINTERS = """
SELECT format('%I.%I', n.nspname, c.relname), a.attname,
  EXISTS (
    SELECT FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype = 'f' AND a.attnum = ANY (k.conkey)
      AND k.confrelid = 'identity.users'::regclass)
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND a.attnum > 0 AND a.atttypid = 'uuid'::regtype AND n.nspname !~ '^(pg_|information_)'
"""
PARENTS = """
SELECT k.conrelid::regclass::text, k.confrelid::regclass::text FROM pg_constraint AS k
WHERE k.contype = 'f' AND k.conrelid <> k.confrelid
"""


def declarations() -> list[PersonalData]:
    """Of every domain that has one, and backbone."""
    files = sorted(ROOT.glob("functions/*/src/*/privacy.py"))
    return [importlib.import_module(f"{file.parent.name}.privacy").PERSONAL_DATA for file in files]


def personal_tables() -> list[PersonalTable]:
    return [table for data in declarations() for table in data.tables]


def undeclared(session: Session | Connection) -> set[str]:
    """Tables of which no domain says whether they are about people."""
    known = {table.name for table in personal_tables()}
    known |= {name for data in declarations() for name in data.impersonal}
    return {r.name for r in relations(session) if not r.is_view} - known - {NOBODYS}


def unexplained(session: Session | Connection) -> set[str]:
    """Columns that name a person, of which no declaration says what becomes of them."""
    whose = {table.name: table.whose for table in personal_tables()}
    references = {column for data in declarations() for column in data.references}
    found = {
        f"{table}.{column}"
        for table, column, is_key in session.execute(text(POINTERS))
        if (is_key or NAMES_A_PERSON.search(column)) and not _says(whose.get(table, ""), column)
    }
    return found - references - NAMES_SOMETHING_ELSE


def _says(condition: str, column: str) -> bool:
    return bool(re.search(rf"\{{t\}}\.{column}\b", condition))


def disordered(session: Session) -> Iterable[str]:
    """Tables that are declared before what they are a part of."""
    place = {table.name: nth for nth, table in enumerate(personal_tables())}
    for part, whole in session.execute(text(PARENTS)):
        if part.split(".")[0] == whole.split(".")[0] and place.get(whole, -1) > place.get(part, len(place)):
            yield f"{part} before {whole}"

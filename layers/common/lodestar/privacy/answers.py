"""What a domain answered to a privacy request: once, in the transaction of its effect."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

CLAIM = text(
    """
    INSERT INTO backbone.privacy_answers (request_id, domain, report) VALUES (:request, :domain, '{}')
    ON CONFLICT (org_id, request_id, domain) DO NOTHING RETURNING 1
    """
)
SAVE = text(
    """
    UPDATE backbone.privacy_answers SET report = CAST(:report AS jsonb), answered_at = now()
    WHERE request_id = :request AND domain = :domain
    """
)
READ = text("SELECT domain, report FROM backbone.privacy_answers WHERE request_id = :request ORDER BY domain")
PIECES = text(
    """
    SELECT domain, "table", number FROM backbone.privacy_pieces WHERE request_id = :request
    ORDER BY domain, "table", number
    """
)
PIECE = text(
    """
    SELECT body FROM backbone.privacy_pieces
    WHERE request_id = :request AND domain = :domain AND "table" = :table AND number = :number
    """
)
FORGET = (
    text("DELETE FROM backbone.privacy_pieces WHERE request_id = :request"),
    text("DELETE FROM backbone.privacy_answers WHERE request_id = :request"),
)
Piece = tuple[str, str, int]


def claim(session: Session, request_id: UUID, domain: str) -> bool:
    """Take the answer upon this transaction; False when it was given before. A concurrent twin waits for it."""
    return session.scalar(CLAIM, {"request": request_id, "domain": domain}) is not None


def save(session: Session, request_id: UUID, domain: str, report: dict[str, Any]) -> None:
    """The report of the effect that this transaction has."""
    session.execute(SAVE, {"request": request_id, "domain": domain, "report": json.dumps(report)})


def given(session: Session, request_id: UUID) -> dict[str, dict[str, Any]]:
    """The reports by domain."""
    return {row.domain: row.report for row in session.execute(READ, {"request": request_id})}


def pieces(session: Session, request_id: UUID) -> Iterator[Piece]:
    """Domain, table and number of each piece of an export, in order."""
    for row in session.execute(PIECES, {"request": request_id}):
        yield row[0], row[1], row[2]


def piece(session: Session, request_id: UUID, which: Piece) -> str:
    """Rows as JSON objects, with commas between them."""
    domain, table, number = which
    found = {"request": request_id, "domain": domain, "table": table, "number": number}
    return str(session.scalar(PIECE, found))


def forget(session: Session, request_id: UUID) -> None:
    """Pieces and reports have served."""
    for statement in FORGET:
        session.execute(statement, {"request": request_id})

"""The edge's part of the audit log: what was written for a caller and noted by no service is noted here (SB-47)."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import Request

from lodestar import invocations
from lodestar.exchange import Exchange
from lodestar.outbox import PENDING

READING = frozenset({"GET", "HEAD"})


async def note_what_was_written(request: Request, exchange: Exchange) -> None:
    """In the transaction that wrote it, before the answer is kept. What was there already is not done again."""
    session = exchange.work.last if exchange.work else exchange.session
    if session is None or exchange.caller is None or request.method in READING:
        return
    from lodestar import audit  # a function that only reads does without

    session.flush()
    if not (invocations.has_written() or session.info.get(PENDING)):
        return
    named = [value for value in request.path_params.values() if isinstance(value, str)]
    audit.record_request(
        session,
        exchange.caller,
        method=request.method,
        path=request.scope["route"].path,
        made=exchange.made or next(filter(None, map(_id_in, reversed(named))), None),
        fields=_names_in(await request.body()),
    )


def made_id(result: Any) -> UUID | None:
    """The id of what an operation answers."""
    found = result.get("id") if isinstance(result, Mapping) else getattr(result, "id", None)
    return found if isinstance(found, UUID) else None


def _id_in(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


def _names_in(body: bytes) -> list[str] | None:
    """The names in a JSON object; None of anything else."""
    try:
        content = json.loads(body) if body else None
    except ValueError:
        return None
    return sorted(content) if isinstance(content, dict) else None

"""The log of every call to a model (JR-58): model, prompt version, tokens, latency, cost, outcome, source."""

from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from lodestar import tables
from lodestar.ids import new_id


def record(
    session: Session, *, subject_type: str | None = None, subject_id: UUID | None = None, **run: Any
) -> UUID:
    """Store one call. `run` holds the columns of `backbone.ai_runs`."""
    run_id = new_id()
    session.execute(
        insert(tables.ai_runs).values(id=run_id, subject_type=subject_type, subject_id=subject_id, **run)
    )
    return run_id

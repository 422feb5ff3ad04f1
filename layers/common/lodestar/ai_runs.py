"""The log of every call to a model (JR-58): model, prompt version, tokens, latency, cost, outcome, source."""

from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from lodestar import tables
from lodestar.ids import new_id
from lodestar.metrics import Metrics, tell

CALLS = Metrics(
    (("purpose", "source"), ()),
    (("latency_ms", "Milliseconds"), ("ai_failed", "Count"), ("cost_usd_micros", "None")),
)
"""The sample count of `latency_ms` is the number of calls; the average of `ai_failed` the share of those that failed."""


def record(
    session: Session, *, subject_type: str | None = None, subject_id: UUID | None = None, **run: Any
) -> UUID:
    """Store one call. `run` holds the columns of `backbone.ai_runs`."""
    run_id = new_id()
    session.execute(
        insert(tables.ai_runs).values(id=run_id, subject_type=subject_type, subject_id=subject_id, **run)
    )
    told = ("purpose", "source", "model", "prompt_version", "latency_ms", "outcome")
    tell(
        "ai_run",
        (CALLS,),
        **{name: run.get(name) for name in told},
        cost_usd_micros=run.get("cost_usd_micros") or 0,
        ai_failed=int(run["outcome"] != "succeeded"),
        subject_type=subject_type,
        subject_id=subject_id,
    )
    return run_id

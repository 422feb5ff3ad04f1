"""The log of calls to models, as assessment reads it."""

from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from assessment.models.ai_runs import AiRun
from lodestar.tables import ai_runs


def listed(*, purpose: str | None, outcome: str | None) -> Select[AiRun]:
    """The organization's calls."""
    statement = select(AiRun)
    if purpose is not None:
        statement = statement.where(ai_runs.c.purpose == purpose)
    if outcome is not None:
        statement = statement.where(ai_runs.c.outcome == outcome)
    return statement


def recent_failures(session: Session, *, now: datetime) -> tuple[int, int, int]:
    """Failures of the last 15 minutes, calls of the last hour, failures of the last hour."""
    failed = ai_runs.c.outcome != "succeeded"
    row = session.execute(
        select(
            func.count().filter(failed, ai_runs.c.created_at > now - timedelta(minutes=15)),
            func.count(),
            func.count().filter(failed),
        ).where(ai_runs.c.created_at > now - timedelta(hours=1))
    ).one()
    return row[0], row[1], row[2]

"""Calls to models: each is kept as it happens, and failing too often is told (JR-24, JR-58, D-06)."""

from uuid import UUID

from sqlalchemy.orm import Session

from assessment.models.ai_runs import AiRun
from assessment.repository import ai_runs as repository
from assessment.repository import claims
from assessment.rules.ai_alerts import FAILURES_WINDOW_MINUTES, window_to_report
from lodestar import ai_runs, clock, events, limits
from lodestar.adapters.ai import OnRun, RunRecord
from lodestar.contracts.assessment import AiFailing
from lodestar.db import principal_of, work_for
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.problems import RateLimited
from lodestar.tables import ai_runs as ai_runs_table


def list_runs(session: Session, *, purpose: str | None, outcome: str | None, page: PageQuery) -> Page[AiRun]:
    """The organization's calls, newest first."""
    statement = repository.listed(purpose=purpose, outcome=outcome)
    return paginate(session, statement, page, keys=(ai_runs_table.c.created_at, ai_runs_table.c.id))


def recorder(org_id: UUID, *, attempt_id: UUID, execution: str) -> OnRun:
    """Keeps each call in a transaction of its own, renews the execution's hold on the attempt, tells of failures."""

    def keep(run: RunRecord) -> None:
        with work_for(org_id) as session:
            claims.renew(session, attempt_id, execution=execution)
            record(session, run, subject_type="attempt", subject_id=attempt_id)

    return keep


def record(session: Session, run: RunRecord, *, subject_type: str, subject_id: UUID) -> None:
    """Keep one call; failing too often is told."""
    ai_runs.record(
        session,
        subject_type=subject_type,
        subject_id=subject_id,
        purpose=run.purpose.value,
        model=run.model,
        source=run.source,
        prompt_version=run.prompt_version,
        input_tokens=run.input_tokens,
        output_tokens=run.output_tokens,
        latency_ms=run.latency_ms,
        cost_usd_micros=run.cost_usd_micros,
        outcome=run.outcome,
        error=run.reason,
    )
    if run.outcome != "succeeded":
        tell_of_failures(session)


def tell_of_failures(session: Session) -> None:
    """Emit `AiFailing` when D-06's limit is passed, at most once a window."""
    recent, calls, failures = repository.recent_failures(session, now=clock.now())
    window = window_to_report(failures_in_15_minutes=recent, calls_in_hour=calls, failures_in_hour=failures)
    if window is None:
        return
    try:
        bucket = f"ai_failing_{window}"
        limits.spend(session, bucket, principal_of(session).org_id, capacity=1, per_seconds=60 * window)
    except RateLimited:
        return
    told = recent if window == FAILURES_WINDOW_MINUTES else failures
    events.emit(session, AiFailing(failures=told, calls=calls, window_minutes=window))

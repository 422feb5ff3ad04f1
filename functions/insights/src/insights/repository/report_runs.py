"""Queries of reports' runs, and of who was sent what."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from insights.models.reports import ReportRun, ReportRunRecipient, ReportSchedule
from lodestar.db import principal_of
from lodestar.ids import new_id
from lodestar.leases import OPEN


def runs_of(schedule_id: UUID, *, state: str | None) -> Select[ReportRun]:
    """A schedule's."""
    statement = select(ReportRun).where(ReportRun.schedule_id == schedule_id)
    return statement.where(ReportRun.state == state) if state else statement


def run_of(
    session: Session, run_id: UUID, *, schedule_id: UUID | None = None, lock: bool = False
) -> ReportRun | None:
    """One of the organization's, and of the schedule if one is named; with `lock`, for a change."""
    statement = select(ReportRun).where(
        ReportRun.id == run_id, ReportRun.org_id == principal_of(session).org_id
    )
    if schedule_id is not None:
        statement = statement.where(ReportRun.schedule_id == schedule_id)
    return session.scalar(statement.with_for_update() if lock else statement)


def latest(session: Session, schedule_id: UUID) -> ReportRun | None:
    """The schedule's run that is open, else its newest; for a change."""
    statement = select(ReportRun).where(
        ReportRun.schedule_id == schedule_id, ReportRun.org_id == principal_of(session).org_id
    )
    order = (ReportRun.state.in_(OPEN).desc(), ReportRun.id.desc())
    return session.scalar(statement.order_by(*order).limit(1).with_for_update())


def add(session: Session, rows: Sequence[dict[str, Any]]) -> Sequence[ReportRun]:
    """Those of these that are new: a period has one scheduled run, and a schedule one that was asked for and is open."""
    if not rows:
        return ()
    given = [{"id": new_id(), **row} for row in rows]
    made = insert(ReportRun).values(given).on_conflict_do_nothing().returning(ReportRun)
    return session.scalars(made).all()


def schedule_to_report(session: Session, schedule_id: UUID) -> ReportSchedule:
    """A run's schedule, deleted or not."""
    return session.scalars(select(ReportSchedule).where(ReportSchedule.id == schedule_id)).one()


def tell(session: Session, run_id: UUID, told: Mapping[UUID, str | None]) -> None:
    """Who was sent the report, and who was not and why."""
    rows = [
        {
            "id": new_id(),
            "run_id": run_id,
            "user_id": person,
            "outcome": "skipped" if why else "sent",
            "reason": why,
        }
        for person, why in told.items()
    ]
    if rows:
        session.execute(insert(ReportRunRecipient).values(rows).on_conflict_do_nothing())


def told(session: Session, run_ids: Sequence[UUID]) -> Mapping[UUID, list[ReportRunRecipient]]:
    """Of each run."""
    statement = select(ReportRunRecipient).where(
        ReportRunRecipient.run_id.in_(run_ids), ReportRunRecipient.org_id == principal_of(session).org_id
    )
    found = defaultdict[UUID, list[ReportRunRecipient]](list)
    for row in session.scalars(statement.order_by(ReportRunRecipient.id)):
        found[row.run_id].append(row)
    return found


def forget(session: Session, at: datetime) -> None:
    """The organization has no report's file any more; what is being made is begun anew."""
    statements = (
        """UPDATE insights.report_runs SET files = '[]', expires_at = least(expires_at, :at)
           WHERE org_id = backbone.current_org() AND files <> '[]'""",
        """UPDATE insights.report_runs SET state = 'pending', run_id = NULL
           WHERE org_id = backbone.current_org() AND state = 'running'""",
    )
    for statement in statements:
        session.execute(text(statement), {"at": at})

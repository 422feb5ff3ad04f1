"""Every minute: scheduled reports that are due, of every organization."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from insights.service.report_runs import fall_due
from lodestar import clock
from lodestar.db import unit_of_work
from lodestar.jobs import schedule
from lodestar.log import log
from lodestar.principal import NO_TENANT

RUN = timedelta(seconds=50)
"""The next run begins after a minute; twins share the work."""
DUE = text("SELECT org_id, id FROM insights.report_schedules_due()")


def run() -> Mapping[str, int]:
    """How many reports fell due, and of how many organizations the sweep failed."""
    stop_at = clock.now() + RUN
    counts = Counter[str](due=0, failed=0)
    waiting = defaultdict[UUID, list[UUID]](list)
    with unit_of_work(NO_TENANT, read_only=True) as session:
        for row in session.execute(DUE):
            waiting[row.org_id].append(row.id)
    for org_id, ids in waiting.items():
        if clock.now() >= stop_at:
            break
        try:
            counts["due"] += fall_due(org_id, ids)
        except Exception:  # noqa: BLE001 - one organization's trouble is not the others'
            log.exception("reports_not_swept", org_id=str(org_id))
            counts["failed"] += 1
    return counts


handler = schedule(run)

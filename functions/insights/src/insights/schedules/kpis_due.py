"""Every hour: of organizations whose day has begun, the figures of which nothing else tells how they stood."""

from collections.abc import Mapping
from datetime import timedelta

from insights.repository import dashboards as repository
from lodestar import clock
from lodestar.db import unit_of_work, work_for
from lodestar.jobs import schedule
from lodestar.log import log
from lodestar.principal import NO_TENANT

RUN = timedelta(minutes=4)
MOST = 10_000


def run() -> Mapping[str, int]:
    """Of how many organizations figures were kept, and of how many that failed."""
    stop_at = clock.now() + RUN
    counts = {"kept": 0, "failed": 0}
    with unit_of_work(NO_TENANT, read_only=True) as session:
        waiting = repository.due(session, most=MOST)
    for org_id in waiting:
        if clock.now() >= stop_at:
            break
        try:
            with work_for(org_id) as session:
                repository.keep(session, clock.now())
            counts["kept"] += 1
        except Exception:  # noqa: BLE001 - one organization's trouble is not the others'
            log.exception("kpis_not_kept", org_id=str(org_id))
            counts["failed"] += 1
    return counts


handler = schedule(run)

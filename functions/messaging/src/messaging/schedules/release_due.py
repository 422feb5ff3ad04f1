"""Every minute: what is due, of every organization."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import text

from lodestar import clock
from lodestar.db import unit_of_work
from lodestar.jobs import schedule
from lodestar.log import log
from lodestar.principal import NO_TENANT
from messaging.service.sweeping import sweep

RUN = timedelta(seconds=50)
"""The next run begins after a minute; twins share the work."""


def run() -> Mapping[str, int]:
    """Counts of what was released, told, abandoned and given up, and of organizations whose sweep failed."""
    stop_at = clock.now() + RUN
    counts = Counter[str](failed=0)
    with unit_of_work(NO_TENANT, read_only=True) as session:
        waiting = list(session.scalars(text("SELECT org_id FROM messaging.organizations_with_work()")))
    for org_id in waiting:
        if clock.now() >= stop_at:
            break
        try:
            counts += sweep(org_id, stop_at=stop_at)
        except Exception:  # noqa: BLE001 - one organization's trouble is not the others'
            log.exception("sweep_failed", org_id=str(org_id))
            counts["failed"] += 1
    return counts


handler = schedule(run)

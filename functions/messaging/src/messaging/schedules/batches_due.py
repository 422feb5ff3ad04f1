"""Every minute: say how far batches are, and wake those that stand still."""

from collections.abc import Mapping

from sqlalchemy import text

from lodestar.db import unit_of_work, work_for
from lodestar.jobs import schedule
from lodestar.principal import NO_TENANT
from messaging.service import batches as service

BUSY = text("SELECT org_id FROM messaging.organizations_with_work()")


def run() -> Mapping[str, int]:
    """The count of batches looked at."""
    with unit_of_work(NO_TENANT, read_only=True) as session:
        busy = list(session.scalars(BUSY))
    found = 0
    for org_id in busy:
        with work_for(org_id) as session:
            found += service.follow(session)
    return {"batches": found}


handler = schedule(run)

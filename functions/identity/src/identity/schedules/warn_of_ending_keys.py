"""Every hour: whoever owns an API key that ends within a week is told, once."""

from collections.abc import Mapping

from identity.repository.api_keys import ending
from identity.service import api_keys as service
from lodestar.db import unit_of_work, work_for
from lodestar.jobs import schedule
from lodestar.principal import NO_TENANT

DAYS_BEFORE = 7
"""A key that was made for no longer than that is not warned of: its maker just chose its end."""


def run() -> Mapping[str, int]:
    """How many were told."""
    with unit_of_work(NO_TENANT, read_only=True) as session:
        keys = ending(session, within_days=DAYS_BEFORE)
    told = 0
    for key in keys:
        with work_for(key.org_id) as session:
            told += service.warn_of_end(session, key.id)
    return {"told": told}


handler = schedule(run)

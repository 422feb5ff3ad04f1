"""Every night: notifications older than the organization keeps them."""

from collections.abc import Mapping

from lodestar.contracts.identity import RetentionCategory, retention_periods
from lodestar.db import unit_of_work
from lodestar.jobs import schedule
from lodestar.principal import NO_TENANT
from lodestar.privacy.aging import AgingTable, age

NOTIFICATIONS = AgingTable(
    "messaging.notifications", since="t.created_at", held="identity.is_held(t.recipient_id)"
)


def run() -> Mapping[str, int]:
    """The count of notifications deleted."""
    with unit_of_work(NO_TENANT, read_only=True) as session:
        periods = retention_periods(session, RetentionCategory.NOTIFICATIONS)
    return {"notifications": sum(age(NOTIFICATIONS, org_id, days=days) for org_id, days in periods.items())}


handler = schedule(run)

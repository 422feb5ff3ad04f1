"""Every night: archives of exports go after a week, and who left long ago is erased (D-22)."""

from collections.abc import Mapping

from identity.repository.privacy_requests import archives_expired
from identity.service import retention
from lodestar.contracts.identity import RetentionCategory, retention_periods
from lodestar.db import unit_of_work
from lodestar.jobs import schedule
from lodestar.principal import NO_TENANT


def run() -> Mapping[str, int]:
    """Counts of archives deleted and erasures started."""
    with unit_of_work(NO_TENANT, read_only=True) as session:
        archives = archives_expired(session)
        periods = retention_periods(session, RetentionCategory.MEMBER_RECORDS)
    for org_id, request_id in archives:
        retention.delete_archive(org_id, request_id)
    started = sum(retention.erase_former_members(org_id, days=days) for org_id, days in periods.items())
    return {"archives": len(archives), "erasures": started}


handler = schedule(run)

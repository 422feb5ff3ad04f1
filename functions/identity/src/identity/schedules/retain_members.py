"""Every night: archives and files of the audit log go after a week, and who left long ago is erased (D-22)."""

from collections.abc import Mapping

from identity.repository import audit_exports
from identity.repository.privacy_requests import archives_expired
from identity.service import audit_exports as audit_files
from identity.service import retention
from lodestar.contracts.identity import RetentionCategory, retention_periods
from lodestar.db import unit_of_work, work_for
from lodestar.jobs import schedule
from lodestar.principal import NO_TENANT


def run() -> Mapping[str, int]:
    """Counts of archives and files of the audit log deleted, and of erasures started."""
    with unit_of_work(NO_TENANT, read_only=True) as session:
        archives = archives_expired(session)
        logs = audit_exports.expired(session)
        periods = retention_periods(session, RetentionCategory.MEMBER_RECORDS)
    for org_id, request_id in archives:
        retention.delete_archive(org_id, request_id)
    for log in logs:
        with work_for(log.org_id) as session:
            audit_files.expire(session, log.id)
    started = sum(retention.erase_former_members(org_id, days=days) for org_id, days in periods.items())
    return {"archives": len(archives), "audit_files": len(logs), "erasures": started}


handler = schedule(run)

"""Every day: files whose time is over, then exports older than the organization keeps long work, and activity older than
it keeps the records of members."""

from collections.abc import Mapping

from sqlalchemy import text

from insights.service import exports as service
from lodestar.contracts.identity import RetentionCategory, retention_periods
from lodestar.db import unit_of_work, work_for
from lodestar.jobs import schedule
from lodestar.principal import NO_TENANT
from lodestar.privacy.aging import AgingTable, age

EXPIRED = text("SELECT org_id, id FROM insights.exports_expired()")
OLD = AgingTable(
    "insights.exports",
    since="t.created_at",
    held="identity.is_held(t.requested_by) OR t.storage_key IS NOT NULL OR t.state IN ('pending', 'running')",
)
ACTIVITY = AgingTable("insights.activity_events", since="t.created_at", held="identity.is_held(t.learner_id)")


def run() -> Mapping[str, int]:
    """How many files and how many rows of each went."""
    with unit_of_work(NO_TENANT, read_only=True) as session:
        expired = session.execute(EXPIRED).all()
        periods = retention_periods(session, RetentionCategory.OPERATIONS)
        records = retention_periods(session, RetentionCategory.MEMBER_RECORDS)
    files = 0
    for row in expired:
        with work_for(row.org_id) as session:
            files += service.expire(session, row.id)
    return {
        "files": files,
        "exports": sum(age(OLD, org_id, days=days) for org_id, days in periods.items()),
        "activity": sum(age(ACTIVITY, org_id, days=days) for org_id, days in records.items()),
    }


handler = schedule(run)

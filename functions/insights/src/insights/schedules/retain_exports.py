"""Every day: files whose time is over, then exports and runs of reports older than the organization keeps long work, and
activity older than it keeps the records of members."""

from collections.abc import Mapping

from sqlalchemy import text

from insights.service import exports, report_runs
from lodestar.contracts.identity import RetentionCategory, retention_periods
from lodestar.db import unit_of_work, work_for
from lodestar.jobs import schedule
from lodestar.principal import NO_TENANT
from lodestar.privacy.aging import AgingTable, age

EXPIRED = (
    (text("SELECT org_id, id FROM insights.exports_expired()"), exports.expire),
    (text("SELECT org_id, id FROM insights.reports_expired()"), report_runs.expire),
)
OLD = {
    "exports": AgingTable(
        "insights.exports",
        since="t.created_at",
        held="identity.is_held(t.requested_by) OR t.storage_key IS NOT NULL OR t.state IN ('pending', 'running')",
    ),
    "report_runs": AgingTable(
        "insights.report_runs",
        since="t.created_at",
        held="""t.files <> '[]' OR t.state IN ('pending', 'running') OR coalesce(identity.is_held(t.asked_by), false)
          OR EXISTS (SELECT FROM insights.report_run_recipients AS p
            WHERE p.org_id = t.org_id AND p.run_id = t.id AND identity.is_held(p.user_id))""",
    ),
    "report_schedules": AgingTable(
        "insights.report_schedules",
        since="t.deleted_at",
        held="""coalesce(identity.is_held(t.created_by), false)
          OR EXISTS (SELECT FROM insights.report_runs AS r WHERE r.org_id = t.org_id AND r.schedule_id = t.id)
          OR EXISTS (SELECT FROM insights.report_recipients AS p
            WHERE p.org_id = t.org_id AND p.schedule_id = t.id AND identity.is_held(p.user_id))""",
    ),
}
"""In their order: a deleted schedule goes after its last run."""
ACTIVITY = AgingTable("insights.activity_events", since="t.created_at", held="identity.is_held(t.learner_id)")


def run() -> Mapping[str, int]:
    """How many files and how many rows of each went."""
    with unit_of_work(NO_TENANT, read_only=True) as session:
        expired = [(row, expire) for query, expire in EXPIRED for row in session.execute(query)]
        periods = retention_periods(session, RetentionCategory.OPERATIONS)
        records = retention_periods(session, RetentionCategory.MEMBER_RECORDS)
    files = 0
    for row, expire in expired:
        with work_for(row.org_id) as session:
            files += expire(session, row.id)
    gone = {
        name: sum(age(table, org_id, days=days) for org_id, days in periods.items())
        for name, table in OLD.items()
    }
    return {
        "files": files,
        **gone,
        "activity": sum(age(ACTIVITY, org_id, days=days) for org_id, days in records.items()),
    }


handler = schedule(run)

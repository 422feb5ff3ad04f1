"""Rows older than their retention period, deleted in small transactions."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from lodestar import audit
from lodestar.db import work_for

ROWS_AT_ONCE = 500
MOST_BATCHES = 20
"""So many transactions an organization, category and night; what is left waits for the next one."""


@dataclass(frozen=True, slots=True)
class AgingTable:
    """A table whose rows end `days` after `since`. `held` is the SQL condition, on `t`, under which a legal hold
    keeps a row."""

    name: str
    since: str
    held: str


def age(table: AgingTable, org_id: UUID, *, days: int) -> int:
    """Delete the organization's rows that are older; answers how many. Recorded in the audit log."""
    removed = 0
    for _ in range(MOST_BATCHES):
        with work_for(org_id) as session:
            session.execute(text("SELECT backbone.begin_erasing('retention')"))
            gone = session.execute(text(_batch(table)), {"days": days, "most": ROWS_AT_ONCE}).all()
            if gone:
                count = {"table": table.name, "rows": len(gone), "days": days}
                audit.record(
                    session, "retention.applied", subject_type="organization", subject_id=org_id, after=count
                )
        removed += len(gone)
        if len(gone) < ROWS_AT_ONCE:
            break
    return removed


def _batch(table: AgingTable) -> str:
    return f"""
        DELETE FROM {table.name} WHERE ctid IN (
          SELECT t.ctid FROM {table.name} AS t
          WHERE t.org_id = backbone.current_org() AND {table.since} < now() - make_interval(days => :days)
            AND NOT ({table.held})
          ORDER BY {table.since} LIMIT :most FOR UPDATE SKIP LOCKED
        ) RETURNING 1
    """

"""Every night: calls to AI models, and the progress of long work, older than the organization keeps them.

Neither a run nor an operation about somebody's work names them by itself, so any legal hold keeps all of an
organization's.
"""

from collections.abc import Mapping

from lodestar.contracts.identity import RetentionCategory, retention_periods
from lodestar.db import unit_of_work
from lodestar.jobs import schedule
from lodestar.principal import NO_TENANT
from lodestar.privacy.aging import AgingTable, age

ANY_HOLD = "identity.holds_stand()"
AGING = {
    RetentionCategory.AI_RUNS: AgingTable("backbone.ai_runs", since="t.created_at", held=ANY_HOLD),
    RetentionCategory.OPERATIONS: AgingTable("backbone.operations", since="t.updated_at", held=ANY_HOLD),
}


def run() -> Mapping[str, int]:
    """Counts of rows deleted, by category."""
    counts: dict[str, int] = {}
    for category, table in AGING.items():
        with unit_of_work(NO_TENANT, read_only=True) as session:
            periods = retention_periods(session, category)
        counts[category] = sum(age(table, org_id, days=days) for org_id, days in periods.items())
    return counts


handler = schedule(run)

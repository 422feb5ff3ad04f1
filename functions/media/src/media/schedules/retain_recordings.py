"""Every night: recordings get the end that their organization's retention period gives them (D-22)."""

from collections.abc import Mapping

from lodestar.contracts.identity import RetentionCategory, retention_periods
from lodestar.db import unit_of_work
from lodestar.jobs import schedule
from lodestar.principal import NO_TENANT
from media.service import retention


def run() -> Mapping[str, int]:
    """The count of recordings whose end moved; purge_assets deletes those whose time is over."""
    with unit_of_work(NO_TENANT, read_only=True) as session:
        periods = retention_periods(session, RetentionCategory.INTERVIEW_RECORDINGS)
    return {"moved": sum(retention.move_end(org_id, days=days) for org_id, days in periods.items())}


handler = schedule(run)

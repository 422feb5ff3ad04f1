"""Every hour: the bytes of assets whose retention is over are deleted (D-22)."""

from collections.abc import Mapping

from sqlalchemy import func

from lodestar.db import work_for
from lodestar.jobs import schedule
from lodestar.principal import NOBODY
from media.repository.assets import across_tenants
from media.service import retention


def run() -> Mapping[str, int]:
    """Counts of assets and of objects deleted."""
    with work_for(NOBODY) as session:
        due = across_tenants(session, func.media.retention_over())
    return {"assets": len(due), "objects": sum(retention.purge(*ids) for ids in due)}


handler = schedule(run)

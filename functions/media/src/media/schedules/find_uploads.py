"""Every five minutes: files that arrived without our being told, and uploads whose time is over."""

from collections import Counter
from collections.abc import Mapping
from functools import partial
from uuid import UUID

from sqlalchemy import func

from lodestar.db import work_for
from lodestar.jobs import schedule
from lodestar.log import log
from lodestar.principal import NOBODY
from media.repository.assets import across_tenants
from media.service import uploads

QUIET_SECONDS = 120
"""Storage's own event comes within seconds; this is for those that do not."""


def run() -> Mapping[str, int]:
    """Counts of uploads `received`, `expired` and still `waiting`."""
    with work_for(NOBODY) as session:
        due = across_tenants(session, func.media.pending_uploads(QUIET_SECONDS))
    counts = Counter(_look_after(org_id, upload_id) for org_id, upload_id in due)
    return {outcome: counts[outcome] for outcome in ("received", "expired", "waiting", "failed")}


def _look_after(org_id: UUID, upload_id: UUID) -> str:
    """One that cannot be looked after must not keep the others from it."""
    try:
        return uploads.look_after(partial(work_for, org_id), upload_id)
    except Exception:  # noqa: BLE001 - logged; it is looked after again in five minutes
        log.exception("upload_not_looked_after", upload_id=str(upload_id))
        return "failed"


handler = schedule(run)

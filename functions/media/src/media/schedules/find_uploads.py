"""Every five minutes: files that arrived without our being told, and uploads whose time is over."""

from collections import Counter
from collections.abc import Mapping
from functools import partial

from sqlalchemy import func

from lodestar.db import work_for
from lodestar.jobs import schedule
from lodestar.principal import NOBODY
from media.repository.assets import across_tenants
from media.service import uploads

QUIET_SECONDS = 120
"""Storage's own event comes within seconds; this is for those that do not."""


def run() -> Mapping[str, int]:
    """Counts of uploads `received`, `expired` and still `waiting`."""
    with work_for(NOBODY) as session:
        due = across_tenants(session, func.media.pending_uploads(QUIET_SECONDS))
    counts = Counter(uploads.look_after(partial(work_for, org_id), upload_id) for org_id, upload_id in due)
    return {outcome: counts[outcome] for outcome in ("received", "expired", "waiting")}


handler = schedule(run)

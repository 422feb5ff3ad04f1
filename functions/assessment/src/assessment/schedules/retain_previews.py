"""Every day: samples whose day is over are gone."""

from collections.abc import Mapping

from sqlalchemy import text

from assessment.repository import previews
from lodestar import clock
from lodestar.db import unit_of_work, work_for
from lodestar.jobs import schedule
from lodestar.principal import NO_TENANT

EXPIRED = text("SELECT DISTINCT org_id FROM assessment.previews_expired()")


def run() -> Mapping[str, int]:
    """How many went."""
    with unit_of_work(NO_TENANT, read_only=True) as session:
        organizations = session.scalars(EXPIRED).all()
    gone = 0
    for org_id in organizations:
        with work_for(org_id) as session:
            gone += previews.remove_expired(session, at=clock.now())
    return {"previews": gone}


handler = schedule(run)

"""Every minute: webhooks that nobody read, or delivered, in their time."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import text

from lodestar import clock
from lodestar.contracts.messaging import InboundReceived
from lodestar.db import unit_of_work, work_for
from lodestar.events import emit
from lodestar.jobs import schedule
from lodestar.principal import NO_TENANT
from messaging.repository import inbound
from messaging.service import outbound

GRACE = timedelta(seconds=45)
MOST_INBOUND = 500
BUSY = text("SELECT org_id FROM messaging.organizations_with_work()")


def run() -> Mapping[str, int]:
    """The counts of those that were told of again."""
    with unit_of_work(NO_TENANT) as session:
        unread = inbound.overdue(session, before=clock.now() - GRACE, most=MOST_INBOUND)
        for inbound_id in unread:
            emit(session, InboundReceived(inbound_id=inbound_id))
        busy = list(session.scalars(BUSY))
    due = 0
    for org_id in busy:
        with work_for(org_id) as session:
            due += outbound.tell_due(session)
    return {"inbound": len(unread), "outbound": due}


handler = schedule(run)

"""Every five minutes: work that a crash left behind is asked for again, by the event that asked for it first.

The owning domains say what is stuck; their state machines claim work by a conditional write, so asking once too
often does nothing. Files that storage did not tell of are found by media's own schedule.
"""

import importlib
from collections.abc import Mapping

from sqlalchemy import text

from lodestar import events
from lodestar.db import unit_of_work, work_for
from lodestar.events import Event
from lodestar.jobs import schedule
from lodestar.log import log
from lodestar.principal import NO_TENANT

OLDER_THAN_SECONDS = 300
SOURCES = {
    "attempts": text("SELECT org_id, event_name, data FROM assessment.stuck_attempts(:older_than)"),
    "assets": text("SELECT org_id, event_name, data FROM media.stuck_assets(:older_than)"),
}


def run(*, older_than_seconds: int = OLDER_THAN_SECONDS) -> Mapping[str, int]:
    """How many of each kind were asked for again."""
    counts: dict[str, int] = {}
    for kind, stuck in SOURCES.items():
        with unit_of_work(NO_TENANT, read_only=True) as session:
            rows = session.execute(stuck, {"older_than": older_than_seconds}).all()
        for row in rows:
            event = event_type(row.event_name).model_validate(row.data)
            with work_for(row.org_id) as session:
                event_id = events.emit(session, event)
            log.info("work_asked_for_again", kind=kind, event_name=row.event_name, event_id=str(event_id))
        counts[kind] = len(rows)
    return counts


def event_type(name: str) -> type[Event]:
    """The event of this name in the published language of its domain; LookupError when there is none."""
    contract = importlib.import_module(f"lodestar.contracts.{name.partition('.')[0]}")
    for member in vars(contract).values():
        if isinstance(member, type) and issubclass(member, Event) and getattr(member, "name", None) == name:
            return member
    raise LookupError(name)


handler = schedule(run)

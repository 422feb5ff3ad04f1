"""Every five minutes: work that a crash left behind is asked for again, by the event that asked for it first.

The owning domains say what is stuck; their state machines claim work by a conditional write, so asking once too
often does nothing. Files that storage did not tell of are found by media's own schedule.
"""

import importlib
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from lodestar import events
from lodestar.db import unit_of_work, work_for
from lodestar.events import Event
from lodestar.jobs import schedule
from lodestar.log import continuing, log
from lodestar.principal import NO_TENANT

OLDER_THAN_SECONDS = 300
SOURCES = {
    "attempts": text("SELECT org_id, event_name, data FROM assessment.stuck_attempts(:older_than)"),
    "privacy_requests": text(
        "SELECT org_id, event_name, data FROM identity.stuck_privacy_requests(:older_than)"
    ),
    "assets": text("SELECT org_id, event_name, data FROM media.stuck_assets(:older_than)"),
}
ASKED_BY = {
    "assessment.content_requested": ("attempt_id", ["assessment.content_requested"]),
    "assessment.attempt_submitted": ("attempt_id", ["assessment.attempt_submitted"]),
    "identity.export_requested": ("request_id", ["identity.export_requested"]),
    "identity.erasure_requested": ("request_id", ["identity.erasure_requested"]),
    "media.processing_requested": ("asset_id", ["media.upload_received", "media.processing_requested"]),
}
"""Of an event that asks again: what its data calls the work, and the events that may have asked for it before."""
LAST_ASKED = text(
    """
    SELECT DISTINCT ON (subject) detail -> 'data' ->> :key AS subject, detail ->> 'correlation_id' AS correlation_id
    FROM backbone.outbox WHERE name = ANY (:names) AND detail -> 'data' ->> :key = ANY (:subjects)
    ORDER BY subject, occurred_at DESC
    """
)
"""Reads the organization's events of a month without an index: only when something is stuck, and once for all of it."""


def run(*, older_than_seconds: int = OLDER_THAN_SECONDS) -> Mapping[str, int]:
    """How many of each kind were asked for again."""
    counts: dict[str, int] = {}
    for kind, stuck in SOURCES.items():
        with unit_of_work(NO_TENANT, read_only=True) as session:
            rows = session.execute(stuck, {"older_than": older_than_seconds}).all()
        for org_id, event_name in {(row.org_id, row.event_name) for row in rows}:
            alike = [row.data for row in rows if (row.org_id, row.event_name) == (org_id, event_name)]
            _ask_again(org_id, event_name, alike, kind=kind)
        counts[kind] = len(rows)
    return counts


def _ask_again(org_id: UUID, event_name: str, work: Sequence[Mapping[str, Any]], *, kind: str) -> None:
    """Under the correlation of the request that it was asked for in, so that its story stays one."""
    key, names = ASKED_BY.get(event_name, ("", []))
    subjects = [str(data.get(key)) for data in work]
    with work_for(org_id) as session:
        asked = session.execute(LAST_ASKED, {"key": key, "names": names, "subjects": subjects})
        correlations = {row.subject: row.correlation_id for row in asked}
    for data, subject in zip(work, subjects, strict=True):
        event = event_type(event_name).model_validate(data)
        with continuing(correlations.get(subject)):
            with work_for(org_id) as session:
                event_id = events.emit(session, event)
            log.info("work_asked_for_again", kind=kind, event_name=event_name, event_id=str(event_id))


def event_type(name: str) -> type[Event]:
    """The event of this name in the published language of its domain; LookupError when there is none."""
    contract = importlib.import_module(f"lodestar.contracts.{name.partition('.')[0]}")
    for member in vars(contract).values():
        if isinstance(member, type) and issubclass(member, Event) and getattr(member, "name", None) == name:
            return member
    raise LookupError(name)


handler = schedule(run)

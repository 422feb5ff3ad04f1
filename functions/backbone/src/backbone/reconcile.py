"""Every five minutes: work that a crash left behind is asked for again, by the event that asked for it first.

The owning domains say what is stuck; their state machines claim work by a conditional write, so asking once too
often does nothing. Files that storage did not tell of are found by media's own schedule.
"""

import importlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from lodestar import events
from lodestar.db import unit_of_work, work_for
from lodestar.events import Event
from lodestar.jobs import schedule
from lodestar.log import continuing, log
from lodestar.principal import NO_TENANT

OLDER_THAN_SECONDS = 300
FAILED = "failed"
SOURCES = {
    "attempts": text("SELECT org_id, event_name, data FROM assessment.stuck_attempts(:older_than)"),
    "privacy_requests": text(
        "SELECT org_id, event_name, data FROM identity.stuck_privacy_requests(:older_than)"
    ),
    "assets": text("SELECT org_id, event_name, data FROM media.stuck_assets(:older_than)"),
    "audit_exports": text("SELECT org_id, event_name, data FROM identity.stuck_audit_exports(:older_than)"),
    "previews": text("SELECT org_id, event_name, data FROM assessment.stuck_previews(:older_than)"),
    "exports": text("SELECT org_id, event_name, data FROM insights.stuck_exports(:older_than)"),
    "reports": text("SELECT org_id, event_name, data FROM insights.stuck_reports(:older_than)"),
}
ASKED_BY = {
    "assessment.content_requested": ("attempt_id", ["assessment.content_requested"]),
    "assessment.attempt_submitted": ("attempt_id", ["assessment.attempt_submitted"]),
    "identity.audit_export_requested": ("export_id", ["identity.audit_export_requested"]),
    "assessment.preview_requested": ("preview_id", ["assessment.preview_requested"]),
    "identity.export_requested": ("request_id", ["identity.export_requested"]),
    "identity.erasure_requested": ("request_id", ["identity.erasure_requested"]),
    "insights.export_requested": ("export_id", ["insights.export_requested"]),
    "insights.report_requested": ("run_id", ["insights.report_requested"]),
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
    """How many of each kind were asked for again, and how many `failed` to be. What fails is logged, and keeps
    nothing else from being asked for."""
    counts: Counter[str] = Counter(dict.fromkeys((*SOURCES, FAILED), 0))
    for kind, stuck in SOURCES.items():
        for (org_id, event_name), work in _stuck(stuck, older_than_seconds, counts).items():
            correlations = _correlations(org_id, event_name, work)
            for data in work:
                with _noting_failure(counts, kind=kind, event_name=event_name, data=data):
                    with continuing(correlations.get(_subject(event_name, data))):
                        _ask_again(org_id, event_name, data, kind=kind)
                    counts[kind] += 1
    return counts


Work = Mapping[str, Any]
"""The data of the event that asks for it."""


@contextmanager
def _noting_failure(counts: Counter[str], **what: Any) -> Iterator[None]:
    try:
        yield
    except Exception:  # noqa: BLE001 - logged; it is asked for again in five minutes
        counts[FAILED] += 1
        log.exception("work_not_asked_for_again", **what)


def _stuck(
    query: TextClause, older_than_seconds: int, counts: Counter[str]
) -> Mapping[tuple[UUID, str], list[Work]]:
    """What a domain reports, by organization and by the event that asks for it."""
    found: dict[tuple[UUID, str], list[Work]] = {}
    with _noting_failure(counts, query=str(query)), unit_of_work(NO_TENANT, read_only=True) as session:
        for row in session.execute(query, {"older_than": older_than_seconds}):
            found.setdefault((row.org_id, row.event_name), []).append(row.data)
    return found


def _subject(event_name: str, data: Work) -> str:
    """The id of the work."""
    key, _ = ASKED_BY.get(event_name, ("", []))
    return str(data.get(key))


def _correlations(org_id: UUID, event_name: str, work: Sequence[Work]) -> Mapping[str, str]:
    """Of the request that each was asked for in, so that its story stays one."""
    key, names = ASKED_BY.get(event_name, ("", []))
    subjects = [_subject(event_name, data) for data in work]
    with work_for(org_id) as session:
        asked = session.execute(LAST_ASKED, {"key": key, "names": names, "subjects": subjects})
        return {row.subject: row.correlation_id for row in asked}


def _ask_again(org_id: UUID, event_name: str, data: Work, *, kind: str) -> None:
    event = event_type(event_name).model_validate(data)
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

"""Scheduled reports as staff write them down."""

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from insights.errors import RecipientRefused, ScheduleExists, TooManySchedules
from insights.models.reports import ReportSchedule
from insights.repository import reports as repository
from insights.repository.reports import Known, Standing
from insights.rules import report_texts as texts
from insights.rules import reports as rules
from insights.rules.reports import Cadence, Rhythm
from insights.schemas.reports import RecipientRead, ScheduleCreate, SchedulePatch, ScheduleRead
from lodestar import audit, clock
from lodestar.db import expect_version
from lodestar.ids import new_id
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.principal import Principal
from lodestar.problems import NotFound

SUBJECT = "report_schedule"
NO_PROGRAM = "There is no such program in your organization."
WHO_MAY = "Name members who are staff, administrators or analysts."
COPIED = (
    "title",
    "metrics",
    "filters",
    "cadence",
    "weekday",
    "local_time",
    "time_zone",
    "format",
    "with_learners",
)
RHYTHM = frozenset({"cadence", "weekday", "local_time", "time_zone", "active"})
"""A change of these alone says anew when it is due: one of the title must not skip what is due this minute."""


def list_schedules(session: Session, page: PageQuery) -> Page[ScheduleRead]:
    """The organization's, newest first."""
    found = paginate(session, repository.schedules(), page, keys=(ReportSchedule.id,))
    known = repository.recipients(session, [row.id for row in found.data]) if found.data else {}
    return Page([shown(row, known.get(row.id, [])) for row in found.data], found.page)


def read(session: Session, schedule_id: UUID) -> ScheduleRead:
    """Raises `NotFound`."""
    row = schedule_of(session, schedule_id)
    return shown(row, repository.recipients(session, [row.id]).get(row.id, []))


def schedule_of(session: Session, schedule_id: UUID, *, lock: bool = False) -> ReportSchedule:
    """Raises `NotFound`."""
    row = repository.schedule_of(session, schedule_id, lock=lock)
    if row is None:
        raise NotFound()
    return row


def create(session: Session, caller: Principal, body: ScheduleCreate) -> ScheduleRead:
    """A new one. Raises `NotFound`, `RecipientRefused`, `ScheduleExists`, `TooManySchedules`."""
    repository.wait_for_turn(session)
    schedule_id, now = new_id(), clock.now()
    standing = _standing(session, body, itself=schedule_id)
    named = _recipients(session, body.recipients or [caller.user_id])
    if standing.has_title:
        raise ScheduleExists()
    if standing.schedules >= rules.MOST_SCHEDULES:
        raise TooManySchedules(f"An organization has at most {rules.MOST_SCHEDULES}; delete or change one.")
    zone = rules.zone(body.time_zone, standing.time_zone)
    rhythm = Rhythm(body.cadence, body.weekday, body.local_time, zone)
    values = _values(body) | {
        "id": schedule_id,
        "active": body.active,
        "created_by": caller.user_id,
        "zone_in_use": zone.key,
        "armed_at": now,
        "next_at": rhythm.next_after(now) if body.active else None,
    }
    row = repository.add(session, values)
    repository.add_recipients(session, row.id, list(named))
    _record(session, row, "created", recipients=list(named))
    return shown(row, list(named.values()))


def change(session: Session, schedule_id: UUID, body: SchedulePatch, *, if_match: int | None) -> ScheduleRead:
    """Raises `NotFound`, `StaleVersion`, `RecipientRefused`, `ScheduleExists`."""
    if body.title is not None:
        repository.wait_for_turn(session)
    row = schedule_of(session, schedule_id, lock=True)
    expect_version(row, if_match)
    standing = _standing(session, body, itself=row.id)
    named = None if body.recipients is None else _recipients(session, body.recipients)
    if standing.has_title:
        raise ScheduleExists()
    before = _told(row)
    for name, value in _values(body).items():
        setattr(row, name, value)
    row.active = row.active if body.active is None else body.active
    if any(before[name] != now for name, now in _told(row).items() if name in RHYTHM):
        arm(row, organizations_zone=standing.time_zone)
    row.updated_at = clock.now()
    session.flush()
    if body.recipients is not None:
        repository.name_recipients(session, row.id, body.recipients)
    _record(session, row, "changed", before=before, recipients=body.recipients)
    if named is not None:
        return shown(row, list(named.values()))
    return shown(row, repository.recipients(session, [row.id]).get(row.id, []))


def delete(session: Session, schedule_id: UUID) -> None:
    """It is never due again, and what was not made yet is not; its runs stay on record. Raises `NotFound`."""
    row = schedule_of(session, schedule_id, lock=True)
    row.deleted_at, row.next_at = clock.now(), None
    session.flush()
    _record(session, row, "deleted")


def rhythm_of(row: ReportSchedule, *, organizations_zone: str | None) -> Rhythm:
    """When it is due, on the clocks of its own zone or the organization's."""
    zone = rules.zone(row.time_zone, organizations_zone)
    return Rhythm(Cadence(row.cadence), row.weekday, row.local_time, zone)


def arm(row: ReportSchedule, *, organizations_zone: str | None) -> None:
    """Compute when it is due next, from now on."""
    rhythm, now = rhythm_of(row, organizations_zone=organizations_zone), clock.now()
    row.armed_at, row.zone_in_use = now, rhythm.zone.key
    row.next_at = rhythm.next_after(now) if row.active else None


def shown(row: ReportSchedule, known: Sequence[Known]) -> ScheduleRead:
    """As the API answers it."""
    fields = {name: getattr(row, name) for name in ScheduleRead.model_fields if hasattr(row, name)}
    rhythm = texts.rhythm(Cadence(row.cadence), row.weekday, row.local_time, row.zone_in_use)
    return ScheduleRead(**fields, rhythm_text=rhythm, recipients=[_recipient(one) for one in known])


def why_not(known: Known) -> str | None:
    """Why a recipient gets nothing; None for one who does."""
    if rules.audience(known.roles):
        return None
    return rules.NO_LONGER_ALLOWED if known.display_name is not None else rules.NOT_A_MEMBER


def _recipient(known: Known) -> RecipientRead:
    reason = why_not(known)
    return RecipientRead(
        user_id=known.user_id,
        display_name=known.display_name,
        audience=rules.audience(known.roles),
        text=texts.REASONS[reason] if reason else None,
    )


def _standing(session: Session, body: ScheduleCreate | SchedulePatch, *, itself: UUID) -> Standing:
    """Raises `NotFound`."""
    program_id = body.filters.program_id if body.filters else None
    standing = repository.standing(session, program_id=program_id, title=body.title, itself=itself)
    if not standing.has_program:
        raise NotFound(NO_PROGRAM)
    return standing


def _recipients(session: Session, user_ids: Sequence[UUID]) -> Mapping[UUID, Known]:
    """Them, in their order. Raises `RecipientRefused`; who is no member here is not told apart from nobody."""
    known = repository.people(session, user_ids)
    refused = [one for one in user_ids if one not in known or not rules.audience(known[one].roles)]
    if refused:
        errors = [
            {"field": f"recipients.{user_ids.index(one)}", "code": "no_such_recipient", "message": WHO_MAY}
            for one in refused
        ]
        raise RecipientRefused(WHO_MAY, errors=errors)
    return {one: known[one] for one in user_ids}


def _values(body: ScheduleCreate | SchedulePatch) -> dict[str, Any]:
    """What was written, as the columns hold it."""
    values = body.model_dump(include=set(COPIED), exclude_unset=isinstance(body, SchedulePatch))
    if body.filters is not None:
        values["filters"] = body.filters.model_dump(mode="json", exclude_none=True)
    if body.metrics is not None:
        values["metrics"] = [metric.value for metric in body.metrics]
    return values


def _told(row: ReportSchedule) -> dict[str, Any]:
    names = (*COPIED, "active")
    found = {name: getattr(row, name) for name in names}
    return found | {"local_time": f"{row.local_time:%H:%M}" if isinstance(row.local_time, time) else None}


def _record(session: Session, row: ReportSchedule, what: str, **more: Any) -> None:
    after = None if what == "deleted" else _told(row)
    if after is not None and more.get("recipients") is not None:
        after["recipients"] = [str(one) for one in more["recipients"]]
    audit.record(
        session,
        f"report_schedule.{what}",
        subject_type=SUBJECT,
        subject_id=row.id,
        before=more.get("before"),
        after=after,
    )

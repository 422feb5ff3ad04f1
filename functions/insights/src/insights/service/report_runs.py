"""Runs of scheduled reports: made when they are due or asked for, and told of afterwards."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from insights.models.reports import ReportRun, ReportRunRecipient, ReportSchedule
from insights.repository import report_runs as repository
from insights.repository import reports as schedules
from insights.rules import report_texts as texts
from insights.rules import reports as rules
from insights.schemas.exports import Download
from insights.schemas.reports import FileDownload, ReportFile, RunDetail, RunRead, SentTo
from insights.service import reports
from lodestar import audit, clock, limits
from lodestar.adapters.storage import object_store
from lodestar.contracts import identity
from lodestar.contracts.insights import ReportRequested
from lodestar.db import work_for
from lodestar.events import emit
from lodestar.leases import OPEN
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.principal import Principal
from lodestar.problems import NotFound


def fall_due(org_id: UUID, schedule_ids: Sequence[UUID]) -> int:
    """One run for each of these that is due, about the last period that is over; how many are new.

    In one transaction with the next moment of each, so that dying in the middle leaves them due. After an outage one
    run is made, not one for each period that was missed.
    """
    now = clock.now()
    with work_for(org_id) as session:
        due = schedules.claim_due(session, schedule_ids, now)
        if not due:
            return 0
        organization = identity.organization(session)
        zone = organization.time_zone if organization else None
        rhythms = {row.id: reports.rhythm_of(row, organizations_zone=zone) for row in due}
        runs = (_run(row, rhythms[row.id], now) for row in due)
        made = repository.add(session, [run for run in runs if run is not None])
        for new in made:
            emit(session, ReportRequested(run_id=new.id))
        armed = [(row.id, rhythms[row.id].next_after(now), rhythms[row.id].zone.key) for row in due]
        schedules.arm(session, armed, now=now)
    return len(made)


def _run(row: ReportSchedule, rhythm: rules.Rhythm, now: datetime) -> dict[str, Any] | None:
    """The run to be; None where the clocks of another zone, chosen since, say that it is not due yet."""
    day = rhythm.latest(now)
    if rhythm.moment(day) <= row.armed_at:
        return None
    return {"schedule_id": row.id, "occasion": "scheduled", **_period(rhythm, day)}


def _period(rhythm: rules.Rhythm, day: Any) -> dict[str, Any]:
    first, last = rhythm.period(day)
    return {"period_from": first, "period_to": last, "time_zone": rhythm.zone.key}


def ask(session: Session, caller: Principal, schedule_id: UUID) -> RunRead:
    """Have it sent now, about the last period that is over: the run that is open, the last one again if it failed, or
    a new one. Raises `NotFound`, `RateLimited`."""
    schedule = reports.schedule_of(session, schedule_id, lock=True)
    last = repository.latest(session, schedule_id)
    if last is not None and last.state in OPEN:
        return shown(last, ())
    limits.spend(session, "report_runs", caller.user_id, capacity=rules.RUNS_A_DAY, per_seconds=86_400)
    if last is not None and last.state == "failed":
        run = _again(session, last)
    else:
        run = _asked(session, schedule, caller)
    after = {"run_id": str(run.id), "period_from": f"{run.period_from}", "period_to": f"{run.period_to}"}
    audit.record(
        session,
        "report_schedule.run_asked",
        subject_type=reports.SUBJECT,
        subject_id=schedule_id,
        after=after,
    )
    emit(session, ReportRequested(run_id=run.id))
    return shown(run, ())


def _again(session: Session, run: ReportRun) -> ReportRun:
    run.leave("pending")
    run.tries, run.completed_at, run.reason = 0, None, None
    session.flush()
    return run


def _asked(session: Session, schedule: ReportSchedule, caller: Principal) -> ReportRun:
    rhythm = reports.rhythm_of(schedule, organizations_zone=schedule.zone_in_use)
    values = {"schedule_id": schedule.id, "occasion": "asked", "asked_by": caller.user_id}
    (run,) = repository.add(session, [values | _period(rhythm, rhythm.latest(clock.now()))])
    return run


def list_runs(session: Session, page: PageQuery, schedule_id: UUID, *, state: str | None) -> Page[RunRead]:
    """Newest first. Raises `NotFound`."""
    reports.schedule_of(session, schedule_id)
    found = paginate(session, repository.runs_of(schedule_id, state=state), page, keys=(ReportRun.id,))
    told = repository.told(session, [run.id for run in found.data]) if found.data else {}
    return Page([shown(run, told.get(run.id, ())) for run in found.data], found.page)


def read(session: Session, schedule_id: UUID, run_id: UUID) -> RunDetail:
    """With fresh links while there are files. Raises `NotFound`."""
    reports.schedule_of(session, schedule_id)
    run = repository.run_of(session, run_id, schedule_id=schedule_id)
    if run is None:
        raise NotFound()
    read = shown(run, repository.told(session, [run.id]).get(run.id, ()))
    return RunDetail(**read.model_dump(), downloads=_downloads(run))


def _downloads(run: ReportRun) -> list[FileDownload]:
    now = clock.now()
    if run.expires_at is None or run.expires_at <= now:
        return []
    until = now + timedelta(seconds=rules.LINK_SECONDS)
    return [
        FileDownload(
            **ReportFile.model_validate(file).model_dump(),
            download=Download(
                url=object_store().presign_get(
                    file["storage_key"],
                    expires_seconds=rules.LINK_SECONDS,
                    filename=file["name"],
                    content_type=file["type"],
                ),
                expires_at=until,
            ),
        )
        for file in run.files
    ]


def shown(run: ReportRun, told: Sequence[ReportRunRecipient]) -> RunRead:
    """As the API answers it."""
    made = {"period_text", "state_text", "recipients", "url"}
    fields = {name: getattr(run, name) for name in RunRead.model_fields if name not in made}
    return RunRead(
        **fields,
        period_text=texts.period(run.period_from, run.period_to),
        state_text=run.problem_detail or texts.STATES[run.state],
        recipients=[_sent_to(one) for one in told],
        url=f"/v1/insights/report-schedules/{run.schedule_id}/runs/{run.id}",
    )


def _sent_to(one: ReportRunRecipient) -> SentTo:
    text = texts.REASONS.get(one.reason, one.reason) if one.reason else None
    return SentTo.model_validate(
        {"user_id": one.user_id, "outcome": one.outcome, "reason": one.reason, "text": text}
    )


def expire(session: Session, run_id: UUID) -> int:
    """The files of a run whose time is over are deleted; answers how many versions they had."""
    run = repository.run_of(session, run_id, lock=True)
    if run is None or not run.files or run.expires_at is None or run.expires_at > clock.now():
        return 0
    removed = object_store().delete_all(rules.folder(run.org_id, run.id))
    run.files = []
    session.flush()
    return removed

"""A scheduled report in the making: who may get it, its figures, its files, and the request that it be sent.

That it was sent, and the request to messaging, commit together: it is asked for once, however often a run dies on its
way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from insights.models.reports import ReportRun, ReportSchedule
from insights.repository import report_runs as repository
from insights.repository import reports as schedules
from insights.repository.reports import Known
from insights.rules import report_texts as texts
from insights.rules import reports as rules
from insights.rules.reports import Audience
from insights.service import report_contents, report_mails, reports
from insights.service.report_contents import Contents
from lodestar import clock
from lodestar.adapters.storage import object_store
from lodestar.db import work_for
from lodestar.events import emit
from lodestar.leases import Lease, Superseded, run_of
from lodestar.log import log


@dataclass(frozen=True, slots=True)
class Making:
    """A report that is made for these."""

    lease: Lease[ReportRun]
    schedule: ReportSchedule
    audiences: Sequence[Audience]

    @property
    def org_id(self) -> UUID:
        """Whose report it is."""
        return self.lease.org_id

    def say(self, session: Session, _done: int = 0) -> None:
        """That it goes on. Raises `Superseded`."""
        self.lease.renew(session)

    @property
    def own(self) -> str:
        """Where this run keeps its files."""
        return f"{rules.folder(self.org_id, self.lease.row.id)}{self.lease.run_id}/"

    def folder(self, audience: Audience) -> str:
        """Where it keeps what is for the audience."""
        return f"{self.own}{audience.value}/"


def make(org_id: UUID, run_id: UUID) -> None:
    """Make the report and have it sent, unless it was, or another run is at it. May be asked any number of times."""
    with run_of(ReportRun, run_id, org_id=org_id, give_up=_give_up) as lease:
        if lease:
            _make(lease)


def _make(lease: Lease[ReportRun]) -> None:
    with work_for(lease.org_id) as session:
        schedule = repository.schedule_to_report(session, lease.row.schedule_id)
        known = _recipients(session, schedule)
    making = Making(lease, schedule, sorted({found for one in known if (found := rules.audience(one.roles))}))
    try:
        made = _contents(making)
        with lease.ending() as (session, run):
            _finish(session, run, made)
    except Superseded:
        object_store().delete_all(making.own)
        raise


def _contents(making: Making) -> Mapping[Audience, Contents]:
    """Of a report that nobody will ask for, nothing is made."""
    if making.schedule.deleted_at is not None:
        return {}
    try:
        return {one: report_contents.make(making.schedule, one, making) for one in making.audiences}
    except Exception:
        object_store().delete_all(making.own)
        raise


def _recipients(session: Session, schedule: ReportSchedule) -> Sequence[Known]:
    return schedules.recipients(session, [schedule.id]).get(schedule.id, ())


def _finish(session: Session, run: ReportRun, made: Mapping[Audience, Contents]) -> None:
    """To whoever may see it now, and whose figures were made: somebody whose role changed meanwhile gets none."""
    schedule = repository.schedule_to_report(session, run.schedule_id)
    known = _recipients(session, schedule)
    going: dict[Audience, list[UUID]] = {
        audience: [one.user_id for one in known if rules.audience(one.roles) is audience] for audience in made
    }
    if schedule.deleted_at is not None or not any(going.values()):
        _skip(session, run, schedule, known)
        return
    now = clock.now()
    run.leave("sent")
    run.completed_at = now
    run.files = [file for audience in made for file in report_mails.files(audience, made[audience])]
    run.expires_at = now + rules.KEPT
    session.flush()
    sent = {person for people in going.values() for person in people}
    why = {
        one.user_id: reports.why_not(one) or rules.NO_LONGER_ALLOWED
        for one in known
        if one.user_id not in sent
    }
    repository.tell(session, run.id, {**dict.fromkeys(sent), **why})
    for audience, people in going.items():
        if people:
            emit(session, report_mails.letter(schedule, run, made[audience], people, audience=audience))
    log.info("report_sent", run_id=str(run.id), recipients=len(sent), skipped=len(why))


def _skip(session: Session, run: ReportRun, schedule: ReportSchedule, known: Sequence[Known]) -> None:
    """Nobody is sent it, and the run says why."""
    reason = rules.SCHEDULE_DELETED if schedule.deleted_at is not None else rules.NO_RECIPIENTS
    _end(run, "skipped", reason)
    session.flush()
    repository.tell(session, run.id, {one.user_id: reports.why_not(one) or reason for one in known})
    log.info("report_skipped", run_id=str(run.id), reason=reason)


def _give_up(session: Session, run: ReportRun) -> None:
    """It is told: by an alarm, for the log has an error, and to whoever wrote the schedule."""
    schedule = repository.schedule_to_report(session, run.schedule_id)
    _end(run, "failed", rules.GAVE_UP)
    session.flush()
    log.error("report_failed", run_id=str(run.id), schedule_id=str(schedule.id), tries=run.tries)
    if schedule.created_by is not None and schedule.deleted_at is None:
        emit(session, report_mails.failure(schedule, run, to=schedule.created_by))


def _end(run: ReportRun, state: str, reason: str) -> None:
    """Nobody is sent it, and no file of it stays."""
    object_store().delete_all(rules.folder(run.org_id, run.id))
    run.leave(state, problem=texts.REASONS[reason])
    run.reason, run.completed_at = reason, clock.now()

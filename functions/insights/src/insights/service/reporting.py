"""A scheduled report in the making: who may get it, its figures, its files, and the request that it be sent.

A run claims the report as an export's does, and whatever it commits asks whether the report is still its own. That it
was sent, and the request to messaging, commit together: it is asked for once, however often a run dies on its way.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
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
from lodestar.ids import new_id
from lodestar.log import log

GIVEN_UP, NOTHING_TO_DO = True, False


class Superseded(Exception):
    """The report is another run's now, or there is nothing left to make."""


@dataclass(frozen=True, slots=True)
class Making:
    """A report that `worker` makes, for these."""

    org_id: UUID
    run: ReportRun
    schedule: ReportSchedule
    worker: UUID
    audiences: Sequence[Audience]

    def say(self, session: Session, _done: int = 0) -> None:
        """That the worker is alive. Raises `Superseded`."""
        if not repository.note(session, self.run, worker=self.worker, at=clock.now()):
            raise Superseded(str(self.run.id))

    @property
    def own(self) -> str:
        """Where this worker keeps its files."""
        return f"{rules.folder(self.org_id, self.run.id)}{self.worker}/"

    def folder(self, audience: Audience) -> str:
        """Where it keeps what is for the audience."""
        return f"{self.own}{audience.value}/"


def make(org_id: UUID, run_id: UUID) -> None:
    """Make the report and have it sent, unless it was, or another run is at it. May be asked any number of times."""
    with work_for(org_id) as session:
        found = _claimed(session, org_id, run_id)
    if found is GIVEN_UP:
        object_store().delete_all(rules.folder(org_id, run_id))
    if not isinstance(found, Making):
        return
    try:
        made = {one: report_contents.make(found.schedule, one, found) for one in found.audiences}
        with work_for(org_id) as session:
            _finish(session, found, made)
    except Superseded:
        log.info("report_superseded", run_id=str(run_id), worker=str(found.worker))
        object_store().delete_all(found.own)
    except Exception:
        with suppress(Superseded), work_for(org_id) as session:
            _give_back(session, found)
        object_store().delete_all(found.own)
        raise


def _claimed(session: Session, org_id: UUID, run_id: UUID) -> Making | bool:
    """The report, which is its maker's own from now on; `GIVEN_UP` when its last try died, and `NOTHING_TO_DO`."""
    run = repository.run_of(session, run_id, lock=True)
    if run is None or run.state not in repository.OPEN:
        return NOTHING_TO_DO
    now = clock.now()
    if run.state == "running" and run.updated_at > now - rules.SILENCE:
        return NOTHING_TO_DO
    schedule = repository.schedule_to_report(session, run.schedule_id)
    if run.tries >= rules.MOST_TRIES:
        _give_up(session, run, schedule)
        return GIVEN_UP
    known = _recipients(session, schedule)
    audiences = sorted({found for one in known if (found := rules.audience(one.roles))})
    if schedule.deleted_at is not None or not audiences:
        _skip(session, run, schedule, known)
        return NOTHING_TO_DO
    run.state, run.run_id, run.tries, run.updated_at = "running", new_id(), run.tries + 1, now
    session.flush()
    return Making(org_id, run, schedule, run.run_id, audiences)


def _recipients(session: Session, schedule: ReportSchedule) -> Sequence[Known]:
    return schedules.recipients(session, [schedule.id]).get(schedule.id, ())


def _own(session: Session, making: Making) -> ReportRun:
    """Raises `Superseded`."""
    run = repository.run_of(session, making.run.id, lock=True)
    if run is None or run.run_id != making.worker:
        raise Superseded(str(making.run.id))
    return run


def _finish(session: Session, making: Making, made: Mapping[Audience, Contents]) -> None:
    """To whoever may see it now, and whose figures were made: somebody whose role changed meanwhile gets none."""
    run = _own(session, making)
    schedule = repository.schedule_to_report(session, run.schedule_id)
    known = _recipients(session, schedule)
    going: dict[Audience, list[UUID]] = {
        audience: [one.user_id for one in known if rules.audience(one.roles) is audience] for audience in made
    }
    if schedule.deleted_at is not None or not any(going.values()):
        _skip(session, run, schedule, known)
        return
    now = clock.now()
    run.state, run.run_id, run.completed_at = "sent", None, now
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


def _give_back(session: Session, making: Making) -> None:
    """After an error: the next run may begin at once, if there may be one."""
    run = _own(session, making)
    if run.tries >= rules.MOST_TRIES:
        _give_up(session, run, making.schedule)
    else:
        run.state, run.run_id = "pending", None
        session.flush()


def _give_up(session: Session, run: ReportRun, schedule: ReportSchedule) -> None:
    """It is told: by an alarm, for the log has an error, and to whoever wrote the schedule."""
    _end(run, "failed", rules.GAVE_UP)
    session.flush()
    log.error("report_failed", run_id=str(run.id), schedule_id=str(schedule.id), tries=run.tries)
    if schedule.created_by is not None and schedule.deleted_at is None:
        emit(session, report_mails.failure(schedule, run, to=schedule.created_by))


def _end(run: ReportRun, state: str, reason: str) -> None:
    run.state, run.run_id, run.completed_at = state, None, clock.now()
    run.reason, run.problem_detail = reason, texts.REASONS[reason]

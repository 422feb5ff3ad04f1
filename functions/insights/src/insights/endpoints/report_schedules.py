"""/v1/insights/report-schedules - reports that are sent by themselves, and what became of them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from insights.errors import RecipientRefused, ScheduleExists, TooManySchedules
from insights.schemas.reports import RunDetail, RunRead, RunState, ScheduleCreate, SchedulePatch, ScheduleRead
from insights.service import report_runs as runs
from insights.service import reports as service
from lodestar.api import (
    APIRouter,
    IfMatch,
    Paging,
    ReadSession,
    Staff,
    WriteSession,
    lambda_handler,
    problems,
)
from lodestar.pagination import Page, PageOf
from lodestar.problems import NotFound, RateLimited, StaleVersion

router = APIRouter(tags=["insights"])
SCHEDULES = "/v1/insights/report-schedules"


@router.get(SCHEDULES, summary="List scheduled reports", response_model=PageOf[ScheduleRead])
def list_schedules(_caller: Staff, session: ReadSession, page: Paging) -> Page[ScheduleRead]:
    """Newest first, each with its recipients as they stand now."""
    return service.list_schedules(session, page)


@router.post(
    SCHEDULES,
    summary="Schedule a report",
    status_code=201,
    response_model=ScheduleRead,
    responses=problems(NotFound, RecipientRefused, ScheduleExists, TooManySchedules),
)
def create_schedule(
    body: ScheduleCreate, caller: Staff, session: WriteSession, response: Response
) -> ScheduleRead:
    """Weekly by default, on Monday at 07:00 in the organization's zone (D-07, JR-57): a mail with charts, and the
    figures as a file."""
    made = service.create(session, caller, body)
    response.headers["Location"] = f"{SCHEDULES}/{made.id}"
    return made


@router.get(
    "/v1/insights/report-schedules/{schedule_id}",
    summary="Read a scheduled report",
    response_model=ScheduleRead,
    responses=problems(NotFound),
)
def read_schedule(schedule_id: UUID, _caller: Staff, session: ReadSession) -> ScheduleRead:
    """With its recipients as they stand now, and when it is due next."""
    return service.read(session, schedule_id)


@router.patch(
    "/v1/insights/report-schedules/{schedule_id}",
    summary="Change a scheduled report",
    response_model=ScheduleRead,
    responses=problems(NotFound, StaleVersion, RecipientRefused, ScheduleExists),
)
def change_schedule(
    schedule_id: UUID, body: SchedulePatch, _caller: Staff, session: WriteSession, if_match: IfMatch
) -> ScheduleRead:
    """`active: false` lets it rest. A period that was reported is not reported again."""
    return service.change(session, schedule_id, body, if_match=if_match)


@router.delete(
    "/v1/insights/report-schedules/{schedule_id}",
    summary="Delete a scheduled report",
    status_code=204,
    responses=problems(NotFound),
)
def delete_schedule(schedule_id: UUID, _caller: Staff, session: WriteSession) -> None:
    """Nothing more is sent, not even what is being made."""
    service.delete(session, schedule_id)


@router.get(
    "/v1/insights/report-schedules/{schedule_id}/runs",
    summary="List what a scheduled report sent",
    response_model=PageOf[RunRead],
    responses=problems(NotFound),
)
def list_runs(
    schedule_id: UUID,
    _caller: Staff,
    session: ReadSession,
    page: Paging,
    *,
    state: Annotated[RunState | None, Query()] = None,
) -> Page[RunRead]:
    """Newest first: for which period, to whom, in which state and why."""
    return runs.list_runs(session, page, schedule_id, state=state)


@router.post(
    "/v1/insights/report-schedules/{schedule_id}/runs",
    summary="Send a scheduled report now",
    status_code=202,
    response_model=RunRead,
    responses=problems(NotFound, RateLimited),
)
def ask_for_run(schedule_id: UUID, caller: Staff, session: WriteSession, response: Response) -> RunRead:
    """About the last period that is over. A run that failed is made again; one that is open is answered as it is."""
    run = runs.ask(session, caller, schedule_id)
    response.headers["Location"] = run.url
    return run


@router.get(
    "/v1/insights/report-schedules/{schedule_id}/runs/{run_id}",
    summary="Read what a scheduled report sent",
    response_model=RunDetail,
    responses=problems(NotFound),
)
def read_run(
    schedule_id: UUID, run_id: UUID, _caller: Staff, session: ReadSession, response: Response
) -> RunDetail:
    """With fresh links to its files, for five minutes, while they are kept."""
    response.headers["Cache-Control"] = "no-store"
    return runs.read(session, schedule_id, run_id)


handler = lambda_handler(router)

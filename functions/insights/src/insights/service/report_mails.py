"""What messaging is asked to send of a report: charts within the mail, tables attached as far as a mail can hold them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from insights.models.reports import ReportRun, ReportSchedule
from insights.rules import report_texts as texts
from insights.rules import reports as rules
from insights.rules.reports import Audience
from insights.service.report_contents import Contents, File
from insights.service.reports import SUBJECT
from lodestar.config import settings
from lodestar.contracts.messaging import Category, Channel, MessageRequested, Recipient

REPORT = "scheduled-report"
FAILURE = "scheduled-report-failed"
LONGEST = 2000
"""Of a template's variable."""


def files(audience: Audience, contents: Contents) -> list[dict[str, Any]]:
    """The tables of a run as its row keeps them."""
    attached = _attached(contents)
    return [
        {
            "name": file.name, "type": file.content_type, "storage_key": file.key, "byte_count": file.size,
            "audience": audience.value, "attached": file in attached,
        }
        for file in contents.tables
    ]  # fmt: skip


def letter(
    schedule: ReportSchedule,
    run: ReportRun,
    contents: Contents,
    people: Sequence[UUID],
    *,
    audience: Audience,
) -> MessageRequested:
    """The mail to these, once each."""
    attached = _attached(contents)
    charts = [
        _attachment(chart) | {"content_id": f"chart-{nth}"}
        for nth, chart in enumerate(contents.charts, start=1)
        if chart is not None
    ]
    left_out = [file.name for file in contents.tables if file not in attached]
    return MessageRequested(
        template_key=REPORT,
        category=Category.OPERATIONAL,
        channels=(Channel.EMAIL,),
        recipients=tuple(Recipient(user_id=person, audience=audience.value) for person in people),
        variables={
            "title": schedule.title,
            "period": texts.period(run.period_from, run.period_to),
            "files": texts.files([file.name for file in attached], left_out),
            "run_url": _page(run),
            **_figures(contents),
        },
        attachments=(*charts, *map(_attachment, attached)),
        target_type=SUBJECT,
        target_id=schedule.id,
        dedupe_key=f"report:{run.id}:{audience.value}",
    )


def failure(schedule: ReportSchedule, run: ReportRun, *, to: UUID) -> MessageRequested:
    """What whoever wrote the schedule is told in the product."""
    return MessageRequested(
        template_key=FAILURE,
        category=Category.OPERATIONAL,
        channels=(Channel.IN_APP,),
        recipients=(Recipient(user_id=to),),
        variables={"title": schedule.title, "period": texts.period(run.period_from, run.period_to)},
        target_type=SUBJECT,
        target_id=schedule.id,
        dedupe_key=f"report_failed:{run.id}:{run.completed_at}",
    )


def _page(run: ReportRun) -> str:
    """Where a signed-in person finds the run; what they may see is decided there."""
    return f"{settings().public_url}/report-schedules/{run.schedule_id}/runs/{run.id}"


def _figures(contents: Contents) -> dict[str, str]:
    """The template's places, one for each metric that there is."""
    given = dict[str, str]()
    for nth, (metric, chart) in enumerate(zip(contents.metrics, contents.charts, strict=True), start=1):
        given |= {f"metric_{nth}": metric.title, f"headline_{nth}": metric.headline[:LONGEST]}
        if metric.note:
            given[f"note_{nth}"] = metric.note[:LONGEST]
        if chart is not None:
            given[f"chart_{nth}"] = f"{metric.title}: {metric.headline}"[:LONGEST]
    return given


def _attached(contents: Contents) -> list[File]:
    """The tables that fit into the mail beside its charts, in their order."""
    left = rules.LARGEST_FILES_BYTES - sum(chart.size for chart in contents.charts if chart is not None)
    fitting = list[File]()
    for file in contents.tables:
        if file.size <= left:
            fitting.append(file)
            left -= file.size
    return fitting


def _attachment(file: File) -> dict[str, str]:
    return {"name": file.name, "type": file.content_type, "storage_key": file.key}

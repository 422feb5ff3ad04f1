"""Scheduled reports on the wire."""

from datetime import date, datetime, time
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from insights.rules.catalogue import MetricName
from insights.rules.reports import MOST_METRICS, MOST_RECIPIENTS, Audience, Cadence
from insights.schemas.exports import Download, ExportFormat
from lodestar.api import PatchModel, ReadModel, RowRead, WriteModel
from lodestar.contracts.learning import Tier

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
RunState = Literal["pending", "running", "sent", "skipped", "failed"]


def _known(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("is no IANA time zone, such as Europe/Berlin") from None
    return name


def _minutes(at: time) -> time:
    if at.tzinfo or at.second or at.microsecond:
        raise ValueError("is hours and minutes, without an offset")
    return at


def _once(names: list[Any]) -> list[Any]:
    return list(dict.fromkeys(names))


Title = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]
Zone = Annotated[str, Field(max_length=64), AfterValidator(_known)]
LocalTime = Annotated[
    time,
    AfterValidator(_minutes),
    WithJsonSchema(
        {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:00)?$", "examples": ["07:00:00"]}
    ),
]
"""An hour on the clocks of the report's zone."""
Metrics = Annotated[list[MetricName], Field(min_length=1, max_length=MOST_METRICS), AfterValidator(_once)]
Recipients = Annotated[list[UUID], Field(min_length=1, max_length=MOST_RECIPIENTS), AfterValidator(_once)]
DEFAULT_AT = time(7)


class ReportFilters(WriteModel):
    """Which learners it is about: all that is given must hold."""

    program_id: UUID | None = None
    tier: Tier | None = None


class ScheduleCreate(WriteModel):
    """What is sent, when and to whom. D-07: every Monday at 07:00 in the organization's zone, if nothing else is said."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"title": "Our learners", "metrics": ["tier-distribution", "completion-rates"]}]
        }
    )

    title: Title = Field(examples=["Our learners"])
    metrics: Metrics
    filters: ReportFilters = Field(default_factory=lambda: ReportFilters.model_validate({}))
    cadence: Cadence = Cadence.WEEKLY
    weekday: Weekday = Field("monday", description="Of weekly ones")
    local_time: LocalTime = DEFAULT_AT
    time_zone: Zone | None = Field(
        None, description="The organization's, if null", examples=["Europe/Berlin"]
    )
    recipients: Recipients | None = Field(None, description="Members; whoever asks, if left out")
    format: ExportFormat = ExportFormat.XLSX
    with_learners: bool = Field(default=False, description="With the table of learners, for staff alone")
    active: bool = True


class SchedulePatch(PatchModel):
    """What changes. What is due next is computed anew; a period that was reported is not reported again."""

    may_be_null: ClassVar[frozenset[str]] = frozenset({"time_zone"})

    title: Title | None = None
    metrics: Metrics | None = None
    filters: ReportFilters | None = None
    cadence: Cadence | None = None
    weekday: Weekday | None = None
    local_time: LocalTime | None = None
    time_zone: Zone | None = None
    recipients: Recipients | None = None
    format: ExportFormat | None = None
    with_learners: bool | None = None
    active: bool | None = None


class RecipientRead(ReadModel):
    """A recipient as they stand now. Who has left, or lost the role, gets nothing: `audience` is null, and `text` says
    why."""

    user_id: UUID
    display_name: str | None = Field(examples=["Grace Hopper"])
    audience: Audience | None
    text: str | None


class ScheduleRead(RowRead):
    """A scheduled report. `next_at` is null while it rests."""

    title: str
    metrics: list[MetricName]
    filters: dict[str, Any] = Field(examples=[{"tier": "silver"}])
    cadence: Cadence
    weekday: Weekday
    local_time: LocalTime
    time_zone: str | None
    rhythm_text: str = Field(examples=["Every Monday at 07:00 (Europe/Berlin)"])
    next_at: datetime | None
    recipients: list[RecipientRead]
    format: ExportFormat
    with_learners: bool
    active: bool
    created_by: UUID | None


class SentTo(ReadModel):
    """What became of one recipient's report."""

    user_id: UUID
    outcome: Literal["sent", "skipped"]
    reason: str | None
    text: str | None = Field(examples=["Left the organization."])


class ReportFile(ReadModel):
    """A file of a run. What was too large for the mail is not `attached`, and is fetched here."""

    name: str = Field(examples=["report.xlsx"])
    byte_count: int
    audience: Audience
    attached: bool


class RunRead(RowRead):
    """A run. `sent` says that each recipient's message was handed to messaging; its deliveries tell the rest."""

    schedule_id: UUID
    occasion: Literal["scheduled", "asked"]
    period_from: date
    period_to: date = Field(description="The last day, included")
    period_text: str = Field(examples=["23 Nov 2026 to 29 Nov 2026"])
    time_zone: str
    state: RunState
    state_text: str = Field(examples=["It was sent."])
    reason: str | None
    asked_by: UUID | None
    completed_at: datetime | None
    recipients: list[SentTo]
    files: list[ReportFile]
    expires_at: datetime | None = Field(description="Until when there are files")
    url: str = Field(description="Where fresh links to the files are made")


class FileDownload(ReportFile):
    """With a fresh link."""

    download: Download


class RunDetail(RunRead):
    """With fresh links, while there are files."""

    downloads: list[FileDownload]

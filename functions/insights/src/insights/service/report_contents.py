"""What a report holds: figures as its audience may see them, their charts, and tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Protocol, cast
from uuid import UUID

from sqlalchemy.orm import Session

from insights.models.reports import ReportSchedule
from insights.rules.reports import Audience
from insights.schemas.learners import LearnerFilters
from insights.schemas.metrics import MetricName, MetricQuery, MetricRead
from insights.service import charts, metrics, pictures, tables
from insights.service.columns import HEADERS, record
from insights.service.workbooks import metrics_file, metrics_type
from lodestar.adapters.storage import ObjectWriter, object_store
from lodestar.db import work_for
from lodestar.principal import NOBODY, Principal, Role

ROLES = {Audience.STAFF: Role.ORG_STAFF, Audience.ANALYST: Role.ANALYST}
"""In whose eyes the figures are read: what an analyst may not see is left out where figures are read, not here."""


READ_BY = {Audience.STAFF: {"program_id", "tier"}, Audience.ANALYST: {"program_id"}}
"""Analysts read whole programs: a part could be subtracted from another until a person is left (ADR 0014)."""


class Maker(Protocol):
    """Whoever makes the report."""

    @property
    def org_id(self) -> UUID: ...

    def say(self, session: Session, _done: int = 0) -> None:
        """That it is alive; what it raises ends the making."""
        ...

    def folder(self, audience: Audience) -> str:
        """Where the files go."""
        ...


@dataclass(frozen=True, slots=True)
class File:
    """An object of the store."""

    key: str
    content_type: str
    size: int

    @property
    def name(self) -> str:
        """As it is attached."""
        return self.key.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Contents:
    """Figures with the chart of each, or None where there is nothing to draw, and the tables."""

    metrics: Sequence[MetricRead]
    charts: Sequence[File | None]
    tables: Sequence[File]


def make(schedule: ReportSchedule, audience: Audience, maker: Maker) -> Contents:
    """The figures that the audience may see, with their files in the store."""
    folder = maker.folder(audience)
    with work_for(maker.org_id) as session:
        maker.say(session)
        found = figures(session, schedule, audience, org_id=maker.org_id)
    drawn = [_chart(folder, nth, metric) for nth, metric in enumerate(found, start=1)]
    data = metrics_file(schedule.format, found)
    files = [_stored(f"{folder}report.{schedule.format}", data, metrics_type(schedule.format))]
    if schedule.with_learners and audience is Audience.STAFF:
        files.append(_learners(schedule, f"{folder}learners.{schedule.format}", maker))
    return Contents(found, drawn, files)


def figures(
    session: Session, schedule: ReportSchedule, audience: Audience, *, org_id: UUID
) -> list[MetricRead]:
    """The schedule's metrics, in their order."""
    reader = Principal(user_id=NOBODY, org_id=org_id, roles=frozenset({ROLES[audience]}))
    kept = {name: value for name, value in schedule.filters.items() if name in READ_BY[audience]}
    query = MetricQuery.model_validate(kept)
    return [metrics.read(session, reader, MetricName(name), query) for name in schedule.metrics]


def _chart(folder: str, nth: int, metric: MetricRead) -> File | None:
    if not metric.rows:
        return None
    return _stored(f"{folder}chart-{nth}.png", pictures.png(charts.svg(metric)), "image/png")


def _stored(key: str, data: bytes, content_type: str) -> File:
    object_store().upload(key, data, content_type=content_type)
    return File(key, content_type, len(data))


def _learners(schedule: ReportSchedule, key: str, maker: Maker) -> File:
    filters = LearnerFilters.model_validate(schedule.filters)
    content_type = metrics_type(schedule.format)
    with (
        ObjectWriter(object_store(), key, content_type=content_type) as target,
        tables.sheet(schedule.format, cast("IO[bytes]", target), HEADERS, title="Learners") as sheet,
    ):
        for row in tables.learner_rows(maker.org_id, filters, say=maker.say):
            sheet.write(record(row))
    return File(key, content_type, target.size)

"""Exports on the wire."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from insights.schemas.learners import LearnerFilters
from insights.schemas.metrics import MetricName, MetricQuery
from lodestar.api import ReadModel, RowRead, WriteModel

ExportState = Literal["pending", "running", "completed", "failed"]


class ExportFormat(StrEnum):
    """CSV in UTF-8 with a byte order mark, or a workbook of Excel."""

    CSV = "csv"
    XLSX = "xlsx"


class ExportKind(StrEnum):
    """A row a learner, or a row a group of a metric."""

    LEARNERS = "learners"
    METRIC = "metric"


class ExportCreate(WriteModel):
    """A table of the learners for whom all that is given holds, of all of them without `filters`; or of a `metric`,
    whose `filters` are those of the metric itself."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"format": "csv", "kind": "metric", "metric": "star-acquisition"},
                {"format": "xlsx", "filters": {"tier": "silver", "status": "active"}},
                {
                    "format": "csv",
                    "kind": "metric",
                    "metric": "star-acquisition",
                    "filters": {"from": "2026-01-01"},
                },
            ]
        }
    )

    format: ExportFormat
    kind: ExportKind = ExportKind.LEARNERS
    metric: MetricName | None = Field(None, description="With the kind `metric`, and with that only")
    filters: LearnerFilters | MetricQuery = Field(default_factory=lambda: LearnerFilters.model_validate({}))

    @model_validator(mode="after")
    def _of_one_kind(self) -> Self:
        if (self.kind is ExportKind.METRIC) != (self.metric is not None):
            raise ValueError("name a `metric` with the kind `metric`, and with that only")
        given = self.filters.model_dump(mode="json", by_alias=True, exclude_unset=True)
        wanted = MetricQuery if self.kind is ExportKind.METRIC else LearnerFilters
        self.filters = wanted.model_validate(given)
        return self


class Download(ReadModel):
    """A link to the file."""

    url: str
    expires_at: datetime


class ExportRead(RowRead):
    """An export. `row_count` grows while it runs; the file can be fetched until `expires_at`."""

    format: ExportFormat
    kind: ExportKind
    metric: MetricName | None
    filters: dict[str, Any] = Field(description="As they were asked for", examples=[{"tier": "silver"}])
    state: ExportState
    requested_by: UUID
    operation_id: UUID
    row_count: int
    byte_count: int | None
    completed_at: datetime | None
    expires_at: datetime | None
    problem_detail: str | None


class ExportDetail(ExportRead):
    """With a fresh link, while there is a file."""

    download: Download | None

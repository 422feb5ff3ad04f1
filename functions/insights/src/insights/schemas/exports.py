"""Exports on the wire."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Discriminator, Field, Tag

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


class LearnersExportCreate(WriteModel):
    """A table of the learners for whom all that is given holds, of all of them without `filters`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"format": "xlsx", "filters": {"tier": "silver", "status": "active"}}]
        }
    )

    format: ExportFormat
    kind: Literal[ExportKind.LEARNERS] = ExportKind.LEARNERS
    filters: LearnerFilters = Field(default_factory=lambda: LearnerFilters.model_validate({}))


class MetricExportCreate(WriteModel):
    """A table of a metric's groups; its `filters` are those of the metric itself."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"format": "csv", "kind": "metric", "metric": "star-acquisition"},
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
    kind: Literal[ExportKind.METRIC]
    metric: MetricName
    filters: MetricQuery = Field(default_factory=lambda: MetricQuery.model_validate({}))


def _kind(body: Any) -> Any:
    """Learners where none is named."""
    return body.get("kind", ExportKind.LEARNERS.value) if isinstance(body, dict) else None


ExportCreate = Annotated[
    Annotated[LearnersExportCreate, Tag("learners")] | Annotated[MetricExportCreate, Tag("metric")],
    Discriminator(
        _kind,
        custom_error_type="unknown_kind",
        custom_error_message="Send an object whose `kind` is `learners` or `metric`",
    ),
]


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

"""Exports on the wire."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from insights.schemas.learners import LearnerFilters
from lodestar.api import ReadModel, RowRead, WriteModel

ExportState = Literal["pending", "running", "completed", "failed"]


class ExportFormat(StrEnum):
    """CSV in UTF-8 with a byte order mark, or a workbook of Excel."""

    CSV = "csv"
    XLSX = "xlsx"


class ExportCreate(WriteModel):
    """A table of the learners for whom all that is given holds; of all of them without `filters`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"format": "xlsx", "filters": {"tier": "silver"}}]}
    )

    format: ExportFormat
    filters: LearnerFilters = Field(default_factory=lambda: LearnerFilters.model_validate({}))


class Download(ReadModel):
    """A link to the file."""

    url: str
    expires_at: datetime


class ExportRead(RowRead):
    """An export. `row_count` grows while it runs; the file can be fetched until `expires_at`."""

    format: ExportFormat
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

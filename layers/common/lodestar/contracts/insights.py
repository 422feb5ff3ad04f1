"""What insights tells: work on what an organization has."""

from typing import ClassVar
from uuid import UUID

from lodestar.events import Event


class ExportRequested(Event):
    """A table of learners is to be made."""

    name: ClassVar[str] = "insights.export_requested"
    export_id: UUID


class ReportRequested(Event):
    """A scheduled report is to be made and sent."""

    name: ClassVar[str] = "insights.report_requested"
    run_id: UUID

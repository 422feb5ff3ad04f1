"""On insights.export_requested: make the table."""

from uuid import UUID

from insights.service import exporting
from lodestar.contracts.insights import ExportRequested
from lodestar.events import stepwise_reaction


def react(org_id: UUID, event: ExportRequested) -> None:
    """In parts that commit by themselves; handed the event again, it makes nothing twice."""
    exporting.make(org_id, event.export_id)


handler = stepwise_reaction(ExportRequested, react)

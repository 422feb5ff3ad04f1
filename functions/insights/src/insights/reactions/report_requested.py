"""On insights.report_requested: make the report and have it sent."""

from uuid import UUID

from insights.service import reporting
from lodestar.contracts.insights import ReportRequested
from lodestar.events import stepwise_reaction


def react(org_id: UUID, event: ReportRequested) -> None:
    """In steps that commit by themselves; handed the event again, it makes and sends nothing twice."""
    reporting.make(org_id, event.run_id)


handler = stepwise_reaction(ReportRequested, react)

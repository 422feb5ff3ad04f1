"""On assessment.preview_requested: make the sample."""

from uuid import UUID

from assessment.service import previewing
from lodestar.contracts.assessment import PreviewRequested
from lodestar.events import stepwise_reaction


def react(org_id: UUID, event: PreviewRequested) -> None:
    """In steps that commit by themselves; handed the event again, it makes nothing twice."""
    previewing.make(org_id, event.preview_id)


handler = stepwise_reaction(PreviewRequested, react)

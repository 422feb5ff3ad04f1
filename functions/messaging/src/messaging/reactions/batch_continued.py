"""On messaging.batch_continued: make deliveries of a batch's next recipients."""

from uuid import UUID

from lodestar.contracts.messaging import BatchContinued
from lodestar.events import stepwise_reaction
from messaging.service import batches as service


def react(org_id: UUID, event: BatchContinued) -> None:
    """In parts that commit by themselves; handed the event again, it goes on where it was."""
    service.expand(org_id, event.batch_id)


handler = stepwise_reaction(BatchContinued, react)

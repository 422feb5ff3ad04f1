"""On messaging.deliveries_queued: send them."""

from uuid import UUID

from lodestar.contracts.messaging import DeliveriesQueued
from lodestar.events import stepwise_reaction
from messaging.service import sending as service


def react(org_id: UUID, event: DeliveriesQueued) -> None:
    """Each at most once: a delivery that was taken is not taken again."""
    service.send(org_id, event.delivery_ids)


handler = stepwise_reaction(DeliveriesQueued, react)

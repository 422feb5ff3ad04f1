"""On messaging.webhooks_queued: post events to the organization's own systems."""

from uuid import UUID

from lodestar.contracts.messaging import WebhooksQueued
from lodestar.events import stepwise_reaction
from messaging.service import outbound as service


def react(org_id: UUID, event: WebhooksQueued) -> None:
    """Those that are due; a delivery has one sender at a time."""
    service.deliver(org_id, event.delivery_ids)


handler = stepwise_reaction(WebhooksQueued, react)

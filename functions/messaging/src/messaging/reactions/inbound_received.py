"""On messaging.inbound_received: read what a vendor told."""

from uuid import UUID

from lodestar.contracts.messaging import InboundReceived
from lodestar.events import stepwise_reaction
from messaging.service import inbound as service


def react(_org_id: UUID, event: InboundReceived) -> None:
    """The kept call belongs to nobody; whose messages it is about shows when it is read."""
    service.process(event.inbound_id)


handler = stepwise_reaction(InboundReceived, react)

"""On messaging.message_requested: make its deliveries."""

from sqlalchemy.orm import Session

from lodestar.contracts.messaging import MessageRequested
from lodestar.events import reaction
from messaging.service import enqueueing as service


def react(session: Session, event: MessageRequested) -> None:
    """Once, however often the event comes."""
    service.request(session, event)


handler = reaction(MessageRequested, react)

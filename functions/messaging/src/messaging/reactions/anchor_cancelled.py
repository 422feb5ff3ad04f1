"""On messaging.anchor_cancelled: cancel what is not sent yet."""

from sqlalchemy.orm import Session

from lodestar.contracts.messaging import AnchorCancelled
from lodestar.events import reaction
from messaging.service import anchors as service


def react(session: Session, event: AnchorCancelled) -> None:
    """Once, however often the event comes."""
    service.cancel(session, event)


handler = reaction(AnchorCancelled, react)

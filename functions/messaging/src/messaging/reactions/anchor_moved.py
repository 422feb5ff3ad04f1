"""On messaging.anchor_moved: move along what is not sent yet."""

from sqlalchemy.orm import Session

from lodestar.contracts.messaging import AnchorMoved
from lodestar.events import reaction
from messaging.service import anchors as service


def react(session: Session, event: AnchorMoved) -> None:
    """Once, however often the event comes."""
    service.move(session, event)


handler = reaction(AnchorMoved, react)

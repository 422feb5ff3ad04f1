"""On messaging.anchor_set: remind these recipients; move the anchor if it was elsewhere."""

from sqlalchemy.orm import Session

from lodestar.contracts.messaging import AnchorSet
from lodestar.events import reaction
from messaging.service import anchors as service


def react(session: Session, event: AnchorSet) -> None:
    """Once, however often the event comes."""
    service.set_(session, event)


handler = reaction(AnchorSet, react)

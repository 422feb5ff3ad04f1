"""On learning.tier_changed: tell the learner."""

from sqlalchemy.orm import Session

from lodestar.contracts.learning import TierChanged
from lodestar.events import reaction
from messaging.rules import texts
from messaging.service import notifications as service


def react(session: Session, event: TierChanged) -> None:
    """Once, however often the event comes."""
    service.notify(session, event.learner_id, texts.tier_changed(event))


handler = reaction(TierChanged, react)

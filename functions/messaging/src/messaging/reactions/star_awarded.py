"""On learning.star_awarded: tell the learner."""

from sqlalchemy.orm import Session

from lodestar.contracts.learning import StarAwarded
from lodestar.events import reaction
from messaging.rules import texts
from messaging.service import notifications as service


def react(session: Session, event: StarAwarded) -> None:
    """Once, however often the event comes."""
    service.notify(session, event.learner_id, texts.star_awarded(event))


handler = reaction(StarAwarded, react)

"""On learning.promotion_offered: tell the learner."""

from sqlalchemy.orm import Session

from lodestar.contracts.learning import PromotionOffered
from lodestar.events import reaction
from messaging.rules import texts
from messaging.service import notifications as service


def react(session: Session, event: PromotionOffered) -> None:
    """Once, however often the event comes."""
    service.notify(session, event.learner_id, texts.promotion_offered(event))


handler = reaction(PromotionOffered, react)

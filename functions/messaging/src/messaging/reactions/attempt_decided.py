"""On assessment.attempt_decided: tell the learner."""

from sqlalchemy.orm import Session

from lodestar.contracts.assessment import AttemptDecided
from lodestar.events import reaction
from messaging.rules import texts
from messaging.service import notifications as service


def react(session: Session, event: AttemptDecided) -> None:
    """Once, however often the event comes."""
    service.notify(session, event.learner_id, texts.attempt_decided(event))


handler = reaction(AttemptDecided, react)

"""On assessment.attempt_failed: tell the learner."""

from sqlalchemy.orm import Session

from lodestar.contracts.assessment import AttemptFailed
from lodestar.events import reaction
from messaging.rules import texts
from messaging.service import notifications as service


def react(session: Session, event: AttemptFailed) -> None:
    """Once, however often the event comes."""
    service.notify(session, event.learner_id, texts.attempt_failed(event))


handler = reaction(AttemptFailed, react)

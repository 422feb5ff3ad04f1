"""On assessment.attempt_graded: tell the learner."""

from sqlalchemy.orm import Session

from lodestar.contracts.assessment import AttemptGraded
from lodestar.events import reaction
from messaging.rules import texts
from messaging.service import notifications as service


def react(session: Session, event: AttemptGraded) -> None:
    """Once, however often the event comes."""
    service.notify(session, event.learner_id, texts.attempt_graded(event))


handler = reaction(AttemptGraded, react)

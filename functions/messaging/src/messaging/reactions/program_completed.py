"""On learning.program_completed: tell the learner."""

from sqlalchemy.orm import Session

from lodestar.contracts.learning import ProgramCompleted
from lodestar.events import reaction
from messaging.rules import texts
from messaging.service import notifications as service


def react(session: Session, event: ProgramCompleted) -> None:
    """Once, however often the event comes."""
    service.notify(session, event.learner_id, texts.program_completed(event))


handler = reaction(ProgramCompleted, react)

"""On assessment.appeal_decided: tell the learner."""

from sqlalchemy.orm import Session

from lodestar.contracts.assessment import AppealDecided
from lodestar.events import reaction
from messaging.rules import texts
from messaging.service import notifications as service


def react(session: Session, event: AppealDecided) -> None:
    """Once, however often the event comes. An upheld appeal decides the attempt anew, which is told by itself."""
    if not event.upheld:
        service.notify(session, event.learner_id, texts.appeal_dismissed(event))


handler = reaction(AppealDecided, react)

"""On assessment.review_needed: tell the staff."""

from sqlalchemy.orm import Session

from lodestar.contracts.assessment import ReviewNeeded
from lodestar.events import reaction
from messaging.rules import texts
from messaging.service import notifications as service


def react(session: Session, event: ReviewNeeded) -> None:
    """Once, however often the event comes."""
    service.notify_holders(session, service.STAFF_ROLES, texts.review_needed(event))


handler = reaction(ReviewNeeded, react)

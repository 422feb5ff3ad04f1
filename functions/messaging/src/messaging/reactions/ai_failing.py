"""On assessment.ai_failing: tell the administrators."""

from sqlalchemy.orm import Session

from lodestar import clock
from lodestar.contracts.assessment import AiFailing
from lodestar.db import principal_of
from lodestar.events import reaction
from messaging.rules import texts
from messaging.service import notifications as service


def react(session: Session, event: AiFailing) -> None:
    """Once, however often the event comes."""
    notice = texts.ai_failing(event, org_id=principal_of(session).org_id, now=clock.now())
    service.notify_holders(session, service.ADMINISTRATOR_ROLES, notice)


handler = reaction(AiFailing, react)

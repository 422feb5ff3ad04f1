"""On SES's events of e-mails: keep what it told; reading it comes after."""

from sqlalchemy.orm import Session

from lodestar.events import ServiceEvent, service_reaction
from messaging.service import webhooks as service


def react(session: Session, event: ServiceEvent) -> None:
    """An event that is not of our mails fails, and is found among the dead letters."""
    service.receive_told(session, "ses", body=event.body)


handler = service_reaction(react)

"""On every public event: put it on its way to the organization's own systems."""

from sqlalchemy.orm import Session

from lodestar.events import Told, forwarding_reaction
from messaging.rules.outbound import PUBLIC_EVENTS
from messaging.service import outbound as service

EVENTS = tuple(PUBLIC_EVENTS)


def react(session: Session, told: Told) -> None:
    """Once an endpoint, however often the event comes."""
    service.forward(session, told)


handler = forwarding_reaction(react)

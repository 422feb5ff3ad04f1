"""On every published event about a learner: keep it as activity, and bring the metrics up to date."""

from sqlalchemy.orm import Session

from insights.rules.activity import TELLINGS
from insights.service import activity as service
from lodestar.events import Told, forwarding_reaction

EVENTS = tuple(TELLINGS)


def react(session: Session, told: Told) -> None:
    """One row an event, however often it comes."""
    service.note(session, told)


handler = forwarding_reaction(react)

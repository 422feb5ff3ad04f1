"""On assessment.attempt_decided: note what it completes, and award what follows."""

from sqlalchemy.orm import Session

from learning.service import evidence
from lodestar.contracts.assessment import AttemptDecided
from lodestar.events import reaction


def react(session: Session, event: AttemptDecided) -> None:
    """May run any number of times, in any order with other events."""
    evidence.attempt_ended(session, event)


handler = reaction(AttemptDecided, react)

"""On assessment.attempt_graded: note what it completes, and award what follows."""

from sqlalchemy.orm import Session

from learning.service import evidence
from lodestar.contracts.assessment import AttemptGraded
from lodestar.events import reaction


def react(session: Session, event: AttemptGraded) -> None:
    """May run any number of times, in any order with other events."""
    evidence.attempt_ended(session, event)


handler = reaction(AttemptGraded, react)

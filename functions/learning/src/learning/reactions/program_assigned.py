"""On learning.program_assigned: enrol who is not enrolled yet (JR-05)."""

from sqlalchemy.orm import Session

from learning.service import enrolment
from lodestar.contracts.learning import ProgramAssigned
from lodestar.events import reaction


def react(session: Session, event: ProgramAssigned) -> None:
    """May run any number of times; a learner is on a program once."""
    enrolment.on_assignment(session, event)


handler = reaction(ProgramAssigned, react)

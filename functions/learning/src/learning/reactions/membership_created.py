"""On identity.membership_created: enrol who is not enrolled yet (JR-05)."""

from sqlalchemy.orm import Session

from learning.service import enrolment
from lodestar.contracts.identity import MembershipCreated
from lodestar.events import reaction


def react(session: Session, event: MembershipCreated) -> None:
    """May run any number of times; a learner is on a program once."""
    enrolment.on_membership(session, event)


handler = reaction(MembershipCreated, react)

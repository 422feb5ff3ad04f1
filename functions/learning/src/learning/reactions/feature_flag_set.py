"""On identity.feature_flag_set: enrol who joined while Job Readiness was switched off (JR-05, JR-14)."""

from sqlalchemy.orm import Session

from learning.service import enrolment
from lodestar.contracts.identity import FeatureFlagSet
from lodestar.events import reaction


def react(session: Session, event: FeatureFlagSet) -> None:
    """May run any number of times; a learner is on a program once."""
    enrolment.on_switched_on(session, event)


handler = reaction(FeatureFlagSet, react)

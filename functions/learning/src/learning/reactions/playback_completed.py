"""On media.playback_completed: note what it completes, and award what follows."""

from sqlalchemy.orm import Session

from learning.service import evidence
from lodestar.contracts.media import PlaybackCompleted
from lodestar.events import reaction


def react(session: Session, event: PlaybackCompleted) -> None:
    """May run any number of times, in any order with other events."""
    evidence.playback_completed(session, event)


handler = reaction(PlaybackCompleted, react)

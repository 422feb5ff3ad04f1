"""On media.asset_rejected: tell the file's owner."""

from sqlalchemy.orm import Session

from lodestar.contracts.media import AssetRejected
from lodestar.events import reaction
from messaging.rules import texts
from messaging.service import notifications as service


def react(session: Session, event: AssetRejected) -> None:
    """Once, however often the event comes."""
    service.notify(session, event.owner_id, texts.asset_rejected(event))


handler = reaction(AssetRejected, react)

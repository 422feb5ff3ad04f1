"""On identity.export_ready: tell whoever asked for the data."""

from sqlalchemy.orm import Session

from lodestar.contracts.identity import ExportReady
from lodestar.events import reaction
from messaging.rules import texts
from messaging.service import notifications as service


def react(session: Session, event: ExportReady) -> None:
    """Once, however often the event comes."""
    service.notify(session, event.recipient_id, texts.export_ready(event))


handler = reaction(ExportReady, react)

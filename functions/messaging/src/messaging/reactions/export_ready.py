"""On identity.export_ready: tell whoever asked for the data, in the product and by e-mail."""

from sqlalchemy.orm import Session

from lodestar.config import settings
from lodestar.contracts.identity import ExportReady
from lodestar.contracts.messaging import Category, Channel, MessageRequested, Recipient
from lodestar.events import reaction
from messaging.rules import texts
from messaging.service import enqueueing, notifications


def react(session: Session, event: ExportReady) -> None:
    """Once, however often the event comes. The e-mail leads to the request, which only its reader can open."""
    notifications.notify(session, event.recipient_id, texts.export_ready(event))
    letter = MessageRequested(
        template_key="export-ready",
        category=Category.TRANSACTIONAL,
        channels=(Channel.EMAIL,),
        recipients=(Recipient(user_id=event.recipient_id),),
        variables={
            "request_url": f"{settings().public_url}/privacy-requests/{event.request_id}",
            "expires_on": event.expires_on,
        },
        dedupe_key=f"export_ready:{event.request_id}",
    )
    enqueueing.request(session, letter)


handler = reaction(ExportReady, react)

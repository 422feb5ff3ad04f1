"""What is going to be sent, and what will not be any more."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from lodestar import audit, clock
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.problems import NotFound
from messaging.errors import AlreadyReleased
from messaging.models.reminders import ScheduledMessage
from messaging.repository import reminders as repository
from messaging.schemas.deliveries import ScheduledMessageRead

WORDS = {
    "anchor_moved": "What it reminds of was moved; another message stands for the new time.",
    "anchor_cancelled": "What it reminds of was cancelled.",
    "recipient_stopped": "The recipient is not reminded of it any more.",
    "too_late": "Its time was past when the moment was set or moved.",
    "cancelled_by_staff": "Somebody of staff cancelled it.",
}
STATES = {
    "scheduled": "It waits for its time.",
    "released": "It fell due; its delivery says what became of it.",
}


def shown(row: ScheduledMessage, state: str, settled_at: datetime | None) -> ScheduledMessageRead:
    """With its words."""
    words = STATES.get(state) or WORDS.get(row.reason or "", "It was not sent.")
    now = {"state": state, "settled_at": settled_at, "explanation": words}
    fields = {name: getattr(row, name) for name in ScheduledMessageRead.model_fields if name not in now}
    return ScheduledMessageRead(**fields, **now)


def list_messages(session: Session, page: PageQuery, **wanted: Any) -> Page[ScheduledMessageRead]:
    """By when they are sent, the latest first."""
    query = repository.scheduled(from_the_latest=page.cursor is None, **wanted)
    found = paginate(session, query, page, keys=(ScheduledMessage.send_at, ScheduledMessage.id))
    return Page([shown(*row) for row in found.data], found.page)


def cancel(session: Session, message_id: UUID) -> None:
    """Take one message out. Cancelling twice changes nothing more. Raises NotFound and AlreadyReleased."""
    if repository.cancel_one(session, message_id, reason="cancelled_by_staff", now=clock.now()):
        audit.record(
            session, "scheduled_message.cancelled", subject_type="scheduled_message", subject_id=message_id
        )
        return
    match repository.state_of(session, message_id):
        case None:
            raise NotFound()
        case "cancelled":
            return
    raise AlreadyReleased()

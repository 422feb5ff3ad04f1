"""On backbone.audit_recorded: append the entry to its organization's chain."""

from sqlalchemy.orm import Session

from identity.service import audit_events as service
from lodestar.audit import AuditRecorded
from lodestar.events import reaction


def react(session: Session, event: AuditRecorded) -> None:
    """In the order of arrival: `sequence` is the chain's order, `occurred_at` says when it happened."""
    service.chain(session, event)


handler = reaction(AuditRecorded, react)

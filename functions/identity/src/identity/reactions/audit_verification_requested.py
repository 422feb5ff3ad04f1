"""On identity.audit_verification_requested: follow the chain, and end the operation with the verdict."""

from uuid import UUID

from identity.service import audit_events as service
from lodestar.contracts.identity import AuditVerificationRequested
from lodestar.events import stepwise_reaction


def react(org_id: UUID, event: AuditVerificationRequested) -> None:
    """Reads in parts; handed the event again, it says the same."""
    service.verify_for(org_id, event)


handler = stepwise_reaction(AuditVerificationRequested, react)

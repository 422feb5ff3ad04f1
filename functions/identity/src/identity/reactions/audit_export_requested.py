"""On identity.audit_export_requested: make the file."""

from uuid import UUID

from identity.service import audit_exports as service
from lodestar.contracts.identity import AuditExportRequested
from lodestar.events import stepwise_reaction


def react(org_id: UUID, event: AuditExportRequested) -> None:
    """The log up to the export's head never changes, so a second run makes the same file."""
    service.make(org_id, event.export_id)


handler = stepwise_reaction(AuditExportRequested, react)

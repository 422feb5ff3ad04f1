"""On identity.role_request_changed: tell whoever can decide, or whoever asked."""

from uuid import UUID

from identity.service import role_requests as service
from lodestar.contracts.identity import RoleRequestChanged
from lodestar.events import stepwise_reaction


def react(org_id: UUID, event: RoleRequestChanged) -> None:
    """The platform's administrators are told in their own organization."""
    service.tell(org_id, event.request_id)


handler = stepwise_reaction(RoleRequestChanged, react)

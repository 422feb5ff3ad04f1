"""/v1/identity/audit-events - who did what, in the order in which it was chained."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from identity.models.audit_events import AuditEvent
from identity.schemas.audit_events import AuditEventRead
from identity.service import audit_events as service
from lodestar.api import (
    Administrator,
    APIRouter,
    Paging,
    ReadSession,
    lambda_handler,
)
from lodestar.pagination import Page, PageOf

router = APIRouter(tags=["identity"])
Word = Annotated[str | None, Query(max_length=100)]


@router.get("/v1/identity/audit-events", summary="List audit events", response_model=PageOf[AuditEventRead])
def list_audit_events(
    _caller: Administrator,
    session: ReadSession,
    page: Paging,
    *,
    action: Word = None,
    actor_id: UUID | None = None,
    subject_type: Word = None,
    subject_id: UUID | None = None,
) -> Page[AuditEvent]:
    """The organization's, newest first."""
    return service.list_entries(
        session, page, action=action, actor_id=actor_id, subject_type=subject_type, subject_id=subject_id
    )


handler = lambda_handler(router)

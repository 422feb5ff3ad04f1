"""/v1/identity/operations - long work that the caller started, and how far it is."""

from uuid import UUID

from identity.models.operations import Operation
from identity.schemas.operations import OperationRead
from identity.service import operations as service
from lodestar.api import APIRouter, Caller, Paging, ReadSession, lambda_handler
from lodestar.pagination import Page, PageOf

router = APIRouter(tags=["identity"])


@router.get("/v1/identity/operations", summary="List my operations", response_model=PageOf[OperationRead])
def list_operations(caller: Caller, session: ReadSession, page: Paging) -> Page[Operation]:
    """Newest first."""
    return service.list_operations(session, caller, page)


@router.get(
    "/v1/identity/operations/{operation_id}", summary="Read an operation", response_model=OperationRead
)
def read_operation(operation_id: UUID, caller: Caller, session: ReadSession) -> Operation:
    """One of the caller's own."""
    return service.read(session, caller, operation_id)


handler = lambda_handler(router)

"""/v1/messaging/batches - one message to many."""

from uuid import UUID

from fastapi import Response

from lodestar.api import APIRouter, Paging, ReadSession, Staff, WriteSession, lambda_handler, problems
from lodestar.pagination import Page, PageOf, paginate
from messaging.errors import CannotBeFilled, EmptySegment
from messaging.models.batches import MessageBatch
from messaging.repository import batches as repository
from messaging.schemas.batches import BatchAccepted, BatchCreate, BatchPreviewRead, BatchRead
from messaging.service import batches as service

router = APIRouter(tags=["messaging"])


@router.get("/v1/messaging/batches", summary="List batches", response_model=PageOf[BatchRead])
def list_batches(_caller: Staff, session: ReadSession, page: Paging) -> Page[BatchRead]:
    """Newest first."""
    found = paginate(session, repository.batches(), page, keys=(MessageBatch.id,))
    return Page(service.read(session, found.data), found.page)


@router.post(
    "/v1/messaging/batches",
    summary="Send one message to many",
    status_code=202,
    response_model=BatchAccepted,
    responses={
        **problems(CannotBeFilled, EmptySegment),
        200: {"model": BatchPreviewRead, "description": "With `dry_run`: to how many it would go"},
    },
)
def begin_batch(
    body: BatchCreate, caller: Staff, session: WriteSession, response: Response
) -> BatchAccepted | Response:
    """Each member gets it at most once a batch. What keeps somebody from getting it stands in their delivery. While
    the same message is on its way to the same segment, asking for it again answers with that batch."""
    if body.dry_run:
        preview = service.preview(session, body)
        return Response(preview.model_dump_json(), media_type="application/json")
    batch = service.begin(session, body, caller=caller)
    response.headers["Location"] = f"/v1/identity/operations/{batch.operation_id}"
    return BatchAccepted(operation_id=batch.operation_id, batch_id=batch.id)


@router.get("/v1/messaging/batches/{batch_id}", summary="Read a batch", response_model=BatchRead)
def read_batch(batch_id: UUID, _caller: Staff, session: ReadSession) -> BatchRead:
    """With what became of its recipients by now."""
    return service.read(session, [service.batch_of(session, batch_id)])[0]


handler = lambda_handler(router)

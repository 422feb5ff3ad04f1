"""/v1/media/uploads - every file's way in: straight to storage, never through a function (X-04)."""

from typing import Annotated
from uuid import UUID

from fastapi import Body, Response

from lodestar.api import (
    MADE_ANEW,
    APIRouter,
    Caller,
    UnitOfWork,
    WriteSession,
    lambda_handler,
    problems,
)
from media import errors
from media.schemas.uploads import (
    CompletionCreate,
    PartsRead,
    PartsRequest,
    UploadCreate,
    UploadProgress,
    UploadRead,
)
from media.service import uploads as service
from media.service.upload_status import Arrival, UploadStatus

router = APIRouter(tags=["media"])


@router.post(
    "/v1/media/uploads",
    status_code=201,
    summary="Begin an upload",
    response_model=UploadRead,
    dependencies=[MADE_ANEW],
    responses=problems(
        errors.PurposeForbidden, errors.ConsentRequired, errors.FileTooLarge, errors.UnsupportedType
    ),
)
def begin_upload(body: UploadCreate, caller: Caller, work: UnitOfWork, response: Response) -> UploadStatus:
    """Answers a signed form for the file, or, for one of more than 100 MB, how many parts to send. Repeated with its
    Idempotency-Key it answers the same upload, with a fresh form while the file may still be sent."""
    response.headers["Cache-Control"] = "no-store"
    return service.begin(work, caller=caller, body=body)


@router.get("/v1/media/uploads/{upload_id}", summary="Read an upload", response_model=UploadProgress)
def read_upload(upload_id: UUID, caller: Caller, work: UnitOfWork) -> Arrival:
    """How the caller's upload stands, which parts have arrived, and how its file was judged."""
    return service.follow(work, caller=caller, upload_id=upload_id)


@router.post(
    "/v1/media/uploads/{upload_id}/parts",
    summary="Get the addresses of parts",
    response_model=PartsRead,
    dependencies=[MADE_ANEW],
    responses=problems(errors.UploadClosed, errors.NotMultipart),
)
def address_parts(
    upload_id: UUID, body: PartsRequest, caller: Caller, session: WriteSession, response: Response
) -> PartsRead:
    """Signed addresses, each for one part. Asking again signs again."""
    response.headers["Cache-Control"] = "no-store"
    return service.parts(session, caller=caller, upload_id=upload_id, body=body)


@router.post(
    "/v1/media/uploads/{upload_id}/completions",
    status_code=201,
    summary="Say that the file was sent",
    response_model=UploadRead,
    responses=problems(errors.UploadClosed, errors.PartsMissing, errors.FileNotArrived),
)
def complete_upload(
    upload_id: UUID,
    body: Annotated[CompletionCreate, Body(default_factory=CompletionCreate)],
    caller: Caller,
    work: UnitOfWork,
) -> UploadStatus:
    """Joins the parts; for a file sent whole, storage's own event says the same, so this is optional."""
    return service.complete(work, caller=caller, upload_id=upload_id, body=body)


handler = lambda_handler(router)

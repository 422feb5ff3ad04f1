"""Uploads: how a file comes in, and that it came in once."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from lodestar import audit, clock, limits
from lodestar.adapters.storage import (
    ObjectInfo,
    ObjectNotFound,
    Part,
    PresignedPost,
    StorageError,
    UploadIncomplete,
    object_store,
)
from lodestar.contracts import identity
from lodestar.contracts.media import AssetRejected, ProcessingRequested, UploadReceived
from lodestar.events import emit
from lodestar.ids import new_id
from lodestar.log import continuing, correlation_id, log
from lodestar.principal import Principal
from lodestar.problems import InvalidContent, NotFound
from lodestar.work import Work
from media import errors
from media.models.assets import MediaAsset, RecordingConsent, Upload
from media.repository import assets as repository
from media.rules import purposes
from media.rules.purposes import PURPOSES, Purpose
from media.schemas.uploads import CompletionCreate, PartsRead, PartsRequest, PartTarget, UploadCreate
from media.service.upload_status import Arrival, UploadStatus, missing

Transaction = Callable[[], AbstractContextManager[Session]]

UPLOADS_AN_HOUR = 60
"""D-20."""
WHOLE_LIVES = timedelta(minutes=30)
PARTS_LIVE = timedelta(hours=24)


def begin(work: Work, *, caller: Principal, body: UploadCreate) -> UploadStatus:
    """Open an upload, once for all tries of the request. Raises the purpose's problems: role, size, type, consent.

    A large file goes up in parts, for which storage is asked between two transactions. The audit log has the file once
    it is there.
    """
    if not purposes.parts_of(body.size_bytes):
        with work.conclusion() as session:
            audit.noted_later(session)
            _intend(session, work, caller=caller, body=body)
            return read(session, caller=caller, upload_id=work.intent_id)
    with work.transaction() as session:
        upload = _intend(session, work, caller=caller, body=body)
    multipart_id = upload.multipart_id or _multipart_for(upload, is_resumed=work.is_resumed)
    with work.conclusion() as session:
        audit.noted_later(session)
        begun = _mine(session, work.intent_id, caller)
        begun.upload.multipart_id = multipart_id
        return begun


def _intend(session: Session, work: Work, *, caller: Principal, body: UploadCreate) -> Upload:
    """The upload that every try of the request is about."""
    if work.is_resumed:
        return _mine(session, work.intent_id, caller).upload
    return _open(session, work.intent_id, caller=caller, body=body)


def _multipart_for(upload: Upload, *, is_resumed: bool) -> str:
    """Storage's own upload for it: the one that a try which died had begun already, else a new one."""
    store = object_store()
    begun = store.find_multipart(upload.storage_key) if is_resumed else None
    return begun or store.start_multipart(upload.storage_key, content_type=upload.content_type)


def _open(session: Session, upload_id: UUID, *, caller: Principal, body: UploadCreate) -> Upload:
    limits.spend(session, "uploads", caller.user_id, capacity=UPLOADS_AN_HOUR, per_seconds=3600)
    purpose = _permitted(caller, body)
    content_type = purposes.base_type(body.content_type)
    if purpose.consent and not identity.has_consented(session, caller.user_id, purpose.consent):
        raise errors.ConsentRequired(
            "Agree to being recorded before you upload a recording of yourself.", consent=purpose.consent
        )
    asset_id, now = new_id(), clock.now()
    key = purposes.storage_key(
        org_id=caller.org_id, purpose=body.purpose, asset_id=asset_id, content_type=content_type
    )
    asset = MediaAsset(
        id=asset_id, owner_id=caller.user_id, purpose=body.purpose, title=body.title or body.filename,
        filename=body.filename, content_type=content_type, storage_key=key, language=body.language,
        subject_type=body.subject.type if body.subject else None,
        subject_id=body.subject.id if body.subject else None,
        retain_until=now + purpose.retained if purpose.retained else None,
    )  # fmt: skip
    session.add(asset)
    session.flush()
    if purpose.consent:
        session.add(RecordingConsent(asset_id=asset_id, learner_id=caller.user_id, purpose=purpose.consent))
    part_count = purposes.parts_of(body.size_bytes)
    upload = Upload(
        id=upload_id, asset_id=asset_id, owner_id=caller.user_id, method="multipart" if part_count else "post",
        storage_key=key, content_type=content_type, declared_bytes=body.size_bytes, largest_bytes=purpose.max_bytes,
        part_bytes=purposes.PART_BYTES if part_count else None, part_count=part_count, correlation_id=correlation_id(),
        expires_at=now + (PARTS_LIVE if part_count else WHOLE_LIVES),
    )  # fmt: skip
    session.add(upload)
    session.flush()
    return upload


def _permitted(caller: Principal, body: UploadCreate) -> Purpose:
    purpose = PURPOSES.get(body.purpose)
    if purpose is None:
        raise InvalidContent(f"Upload for one of: {', '.join(PURPOSES)}.")
    if not caller.has(*purpose.roles):
        raise errors.PurposeForbidden(f"This needs one of the roles: {', '.join(sorted(purpose.roles))}.")
    if body.size_bytes > purpose.max_bytes:
        limit = purpose.max_bytes // purposes.MEGABYTE
        raise errors.FileTooLarge(
            f"The file has {body.size_bytes / purposes.MEGABYTE:.1f} MB; at most {limit} MB are taken. "
            "Record it shorter or at a lower quality.",
            max_bytes=purpose.max_bytes,
        )
    if purposes.base_type(body.content_type) not in purpose.types:
        raise errors.UnsupportedType(
            f"Send one of: {', '.join(purpose.types)}.", accepted=list(purpose.types)
        )
    return purpose


def _form(upload: Upload, *, now: datetime) -> PresignedPost | None:
    seconds = int((upload.expires_at - now).total_seconds())
    if upload.state != "pending" or upload.method != "post" or seconds <= 0:
        return None
    return object_store().presign_post(
        upload.storage_key,
        content_type=upload.content_type,
        max_bytes=upload.largest_bytes,
        expires_seconds=seconds,
    )


def _mine(session: Session, upload_id: UUID, caller: Principal, *, for_update: bool = False) -> UploadStatus:
    found = repository.upload_of(session, upload_id, owner_id=caller.user_id, for_update=for_update)
    if found is None:
        raise NotFound()
    return UploadStatus(*found, target=None)


def follow(work: Work, *, caller: Principal, upload_id: UUID) -> Arrival:
    """The caller's upload with the parts that have arrived, for whoever comes back to it. Storage is asked while no
    transaction is open."""
    with work.transaction() as session:
        status = read(session, caller=caller, upload_id=upload_id)
    return Arrival(status, _arrived(status.upload))


def _arrived(upload: Upload) -> tuple[tuple[Part, int], ...]:
    if upload.state != "pending" or upload.multipart_id is None:
        return ()
    try:
        return object_store().list_parts(upload.storage_key, upload_id=upload.multipart_id)
    except ObjectNotFound:
        return ()


def read(session: Session, *, caller: Principal, upload_id: UUID) -> UploadStatus:
    """The caller's upload; while it is open, with where to send the file."""
    mine = _mine(session, upload_id, caller)
    return UploadStatus(mine.upload, mine.asset, _form(mine.upload, now=clock.now()))


def parts(session: Session, *, caller: Principal, upload_id: UUID, body: PartsRequest) -> PartsRead:
    """Where to send these parts. Raises UploadClosed and NotMultipart."""
    upload = _mine(session, upload_id, caller).upload
    _must_be_open(upload)
    if upload.multipart_id is None or upload.part_count is None or upload.part_bytes is None:
        raise errors.NotMultipart()
    beyond = [number for number in body.numbers if not 1 <= number <= upload.part_count]
    if beyond:
        raise InvalidContent(f"This file has parts 1 to {upload.part_count}.", numbers=beyond)
    store = object_store()
    return PartsRead(
        part_bytes=upload.part_bytes,
        parts=[
            PartTarget(
                number=number,
                url=store.presign_part(upload.storage_key, upload_id=upload.multipart_id, number=number),
            )
            for number in body.numbers
        ],
    )


def complete(work: Work, *, caller: Principal, upload_id: UUID, body: CompletionCreate) -> UploadStatus:
    """Say that the file was sent; storage is asked, not the client. Completing twice answers the same.

    Raises UploadClosed, PartsMissing and FileNotArrived.
    """
    with work.transaction() as session:
        mine = _mine(session, upload_id, caller)
    if mine.upload.state == "received":
        return mine
    _must_be_open(mine.upload)
    stored = _stored(mine.upload, [Part(number=p.number, etag=p.etag) for p in body.parts])
    with work.conclusion() as session:
        found = repository.upload_by_key(session, stored.key)
        if found is None:
            raise NotFound()
        _take(session, *found, size=stored.size, etag=stored.etag)
        return UploadStatus(*found, target=None)


def _stored(upload: Upload, named: list[Part]) -> ObjectInfo:
    try:
        if upload.multipart_id is None:
            return object_store().head(upload.storage_key)
        return object_store().complete_multipart(
            upload.storage_key,
            upload_id=upload.multipart_id,
            parts=sorted(named or _all_parts(upload), key=lambda part: part.number),
        )
    except ObjectNotFound as error:
        raise errors.FileNotArrived() from error
    except UploadIncomplete as error:
        raise errors.PartsMissing(
            "Storage has not received every part as named. Send the missing parts, then complete again."
        ) from error


def _all_parts(upload: Upload) -> list[Part]:
    """Every part, as storage has it; nothing is joined that would be a piece of the file only."""
    arrived = [part for part, _ in _arrived(upload)]
    absent = missing(upload, arrived)
    if absent and arrived:
        raise errors.PartsMissing(
            f"Of {upload.part_count} parts {len(arrived)} have arrived. Send the others, then complete again.",
            missing=absent,
        )
    return arrived


def _must_be_open(upload: Upload) -> None:
    if upload.state != "pending" or upload.expires_at <= clock.now():
        raise errors.UploadClosed()


def receive(session: Session, *, key: str, size: int, etag: str) -> bool:
    """The bytes are in storage: processing starts, once. False when nothing is changed by it.

    An object that no upload announced (a piece of sound we stored ourselves) and one that comes again, under the
    same key, change nothing. What follows belongs to the correlation of the request that began the upload.
    """
    found = repository.upload_by_key(session, key)
    if found is None:
        log.info("object_without_upload", key=key)
        return False
    upload, asset = found
    return _take(session, upload, asset, size=size, etag=etag)


def _take(session: Session, upload: Upload, asset: MediaAsset, *, size: int, etag: str) -> bool:
    with continuing(upload.correlation_id):
        return _receive(session, upload, asset, size=size, etag=etag)


def _receive(session: Session, upload: Upload, asset: MediaAsset, *, size: int, etag: str) -> bool:
    if upload.state != "pending":
        same = upload.etag == etag
        log.info("upload_already_received", upload_id=str(upload.id), same=same)
        if not same and upload.state == "received" and asset.state == "ready":
            _look_again(session, asset)
        return False
    upload.state, upload.size_bytes, upload.etag, upload.received_at = "received", size, etag, clock.now()
    asset.size_bytes, asset.etag = size, etag
    if size > upload.largest_bytes:
        reject(session, asset, code="file_too_large", detail="The file is larger than was allowed for it.")
        return True
    asset.state = "processing"
    log.info("upload_received", upload_id=str(upload.id))
    after = {"owner_id": str(asset.owner_id), "purpose": asset.purpose, "size_bytes": size}
    audit.record(session, "upload.received", subject_type="media_asset", subject_id=asset.id, after=after)
    emit(session, UploadReceived(upload_id=upload.id, asset_id=asset.id))
    return True


def _look_again(session: Session, asset: MediaAsset) -> None:
    """Its form still takes files for a while: what was put in the place of a file that was accepted is not served
    until processing has compared it, which refuses every other one."""
    asset.state, asset.claimed_by, asset.tries = "processing", None, 0
    emit(session, ProcessingRequested(asset_id=asset.id))


def reject(session: Session, asset: MediaAsset, *, code: str, detail: str) -> None:
    """The file cannot serve; its owner is told why."""
    asset.state, asset.problem_code, asset.problem_detail = "rejected", code, detail
    asset.claimed_by = None
    emit(
        session,
        AssetRejected(
            asset_id=asset.id, owner_id=asset.owner_id, purpose=asset.purpose, code=code, detail=detail
        ),
    )


def look_after(transaction: Transaction, upload_id: UUID) -> str:
    """An upload that is pending for a while: its file arrived and nobody told us, or its time is over.

    Answers `received`, `expired` or `waiting`.
    """
    with transaction() as session:
        upload = repository.upload_by_id(session, upload_id)
    if upload is None or upload.state != "pending":
        return "waiting"
    try:
        stored = object_store().head(upload.storage_key)
    except ObjectNotFound:
        return _expire(transaction, upload)
    with transaction() as session:
        receive(session, key=stored.key, size=stored.size, etag=stored.etag)
    return "received"


def _expire(transaction: Transaction, upload: Upload) -> str:
    if upload.expires_at > clock.now():
        return "waiting"
    if upload.multipart_id is not None:
        try:
            object_store().abort_multipart(upload.storage_key, upload_id=upload.multipart_id)
        except StorageError:
            log.warning("multipart_not_aborted", upload_id=str(upload.id))
    with transaction() as session:
        found = repository.upload_by_key(session, upload.storage_key)
        if found is None or found[0].state != "pending":
            return "waiting"
        found[0].state = "expired"
        reject(session, found[1], code="upload_expired", detail="The file never arrived. Upload it again.")
    return "expired"

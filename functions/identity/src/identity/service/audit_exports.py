"""The audit log as a file: read part by part, streamed to storage, kept for a week.

An export ends at the head that the log had when it was asked for. That never changes, so whoever makes it again makes
the same file.
"""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from identity.models.audit_exports import AuditExport
from identity.repository import audit_exports as repository
from identity.rules import audit_files as rules
from identity.rules.audit_chain import Entry, Head, Verdict, verify
from identity.schemas.audit_exports import (
    AuditDownload,
    AuditExportCreate,
    AuditExportDetail,
    AuditExportRead,
)
from identity.service import audit_events
from lodestar import audit, cells, clock, events, limits, operations
from lodestar.adapters.storage import ObjectWriter, object_store
from lodestar.contracts.identity import AuditExportRequested
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.pagination import Page, PageQuery
from lodestar.principal import Principal
from lodestar.problems import NotFound

SUBJECT = "audit_export"
BOM = "\ufeff".encode()
GIVEN_UP = {
    "code": "export_failed",
    "title": "The file could not be made",
    "detail": "Ask for it again; if that fails too, quote the operation's id.",
}


def list_exports(session: Session, page: PageQuery) -> Page[AuditExport]:
    """The organization's, newest first."""
    return repository.exports(session, page)


def begin(session: Session, caller: Principal, body: AuditExportCreate) -> AuditExport:
    """An export that is on its way: the one that the caller has open already, or a new one. Raises `RateLimited`."""
    head = audit_events.head(session)
    export_id, operation_id = new_id(), new_id()
    values = {
        "id": export_id,
        "requested_by": caller.user_id,
        "format": body.format.value,
        "head_sequence": head[0],
        "head_hash": head[1],
        "operation_id": operation_id,
    }
    made = repository.add(session, values)
    if made is None:
        found = repository.open_one(session, requested_by=caller.user_id, format_=body.format.value)
        return found or begin(session, caller, body)
    limits.spend(session, "audit_exports", caller.user_id, capacity=rules.EXPORTS_A_DAY, per_seconds=86_400)
    operations.begin(
        session, "audit_export", subject_type=SUBJECT, subject_id=export_id, operation_id=operation_id
    )
    after = {"format": made.format, "head_sequence": head[0], "head_hash": head[1]}
    audit.record(
        session, "audit_log.export_requested", subject_type=SUBJECT, subject_id=export_id, after=after
    )
    events.emit(session, AuditExportRequested(export_id=export_id))
    return made


def read(session: Session, export_id: UUID) -> AuditExportDetail:
    """With a fresh link while there is a file. Raises `NotFound`."""
    export = repository.export_of(session, export_id)
    if export is None:
        raise NotFound()
    now, link = clock.now(), None
    if export.storage_key and export.expires_at and export.completed_at and export.expires_at > now:
        url = object_store().presign_get(
            export.storage_key,
            expires_seconds=rules.LINK_SECONDS,
            filename=rules.file_name(export.completed_at, export.format),
            content_type=rules.CONTENT_TYPES[export.format],
        )
        link = AuditDownload(url=url, expires_at=now + timedelta(seconds=rules.LINK_SECONDS))
    return AuditExportDetail(**AuditExportRead.model_validate(export).model_dump(), download=link)


def make(org_id: UUID, export_id: UUID) -> None:
    """Make the file, unless it is there. May be asked any number of times."""
    with work_for(org_id) as session:
        export = _tried(session, export_id)
    if export is None:
        return
    key = f"{org_id}/audit-exports/{export_id}/{rules.file_name(export.created_at, export.format)}"
    with ObjectWriter(object_store(), key, content_type=rules.CONTENT_TYPES[export.format]) as target:
        verdict = _write(org_id, export, target)
    with work_for(org_id) as session:
        _finish(session, export_id, key=key, size=target.size, verdict=verdict)


def _tried(session: Session, export_id: UUID) -> AuditExport | None:
    """The export that is to be made, tried once more; None when it is over, or is given up now."""
    export = repository.export_of(session, export_id, lock=True)
    if export is None or export.state != "pending":
        return None
    if export.tries >= rules.MOST_TRIES:
        export.state = "failed"
        session.flush()
        operations.fail(session, export.operation_id, problem=GIVEN_UP)
        return None
    export.tries += 1
    session.flush()
    return export


def _write(org_id: UUID, export: AuditExport, target: ObjectWriter) -> Verdict:
    """Every entry, whatever the verdict on the chain: what is broken is evidence."""
    head: Head = (export.head_sequence, export.head_hash)
    entries = _written(org_id, export, head, target)
    verdict = verify(entries, end=head)
    for _ in entries:
        pass
    return verdict


def _written(org_id: UUID, export: AuditExport, head: Head, target: ObjectWriter) -> Iterator[Entry]:
    is_table = export.format == "csv"
    first = (
        BOM + cells.record(rules.COLUMNS).encode() if is_table else rules.first_line(org_id, head).encode()
    )
    target.write(first)
    for row in audit_events.walk(org_id, up_to=head[0], operation_id=export.operation_id):
        entry = audit_events.entry_of(row)
        target.write((cells.record(rules.cells(entry)) if is_table else rules.line(entry)).encode())
        yield entry


def _finish(session: Session, export_id: UUID, *, key: str, size: int, verdict: Verdict) -> None:
    export, now = repository.export_of(session, export_id, lock=True), clock.now()
    if export is None or export.state != "pending":
        return
    export.state, export.completed_at, export.expires_at = "completed", now, now + rules.KEPT
    export.storage_key, export.byte_count = key, size
    session.flush()
    result = {"export_id": str(export.id), **audit_events.told(verdict)}
    operations.succeed(session, export.operation_id, result=result)


def expire(session: Session, export_id: UUID) -> int:
    """The file of an export whose time is over is deleted; answers how many versions it had."""
    export = repository.export_of(session, export_id, lock=True)
    if export is None or export.storage_key is None or not export.expires_at:
        return 0
    if export.expires_at > clock.now():
        return 0
    removed = object_store().delete_all(f"{export.org_id}/audit-exports/{export.id}/")
    export.storage_key = None
    session.flush()
    return removed

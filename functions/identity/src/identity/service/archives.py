"""The end of an export: one ZIP archive, streamed from the domains' pieces and files to storage.

Memory is bounded by one piece and one part, whatever the archive's size.
"""

import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from identity.repository import privacy_requests as repository
from identity.rules import privacy as rules
from identity.schemas.privacy_requests import PrivacyStep
from identity.service.certificates import is_done
from identity.service.fulfilment import SUBJECT, require_all, running
from lodestar import audit, clock, events, operations
from lodestar.adapters.storage import ObjectStore, ObjectWriter, object_store
from lodestar.contracts.identity import ExportReady
from lodestar.contracts.privacy import person_to_export
from lodestar.db import work_for
from lodestar.privacy import answers

READ_BYTES = 8 * 1024 * 1024
README = """This archive holds what {name} keeps of you, in the organization named in manifest.json.

data/<part>/<table>.json   one JSON array a table; each element is a row, each member a column.
                           Times are RFC 3339 in UTC; ids are UUIDs and link rows to each other.
files/...                  your files as they are stored: recordings and what was made of them.
manifest.json              when this was made, for whom, and how many rows each table has.

Left out: hashes of keys and links, which are credentials, and what tells of other people.
"""


def assemble(step: PrivacyStep) -> None:
    """Raises DomainsMissing, RequestNotRunning. May run again after a crash at any point."""
    with work_for(step.org_id) as session:
        if is_done(session, step):
            return
        person = person_to_export(session, step.request_id)
        reports = answers.given(session, step.request_id)
    require_all(set(reports))
    now = clock.now()
    folder = f"{step.org_id}/privacy/{step.request_id}/"
    store = object_store()
    store.delete_all(folder)
    key = f"{folder}{step.execution}.zip"
    with (
        ObjectWriter(store, key, content_type="application/zip") as target,
        zipfile.ZipFile(target, "w") as archive,
    ):
        _write(archive, store, step, person=person, reports=reports, now=now)
    _finish(step, key=key, size=target.size, now=now)


def _write(
    archive: zipfile.ZipFile, store: ObjectStore, step: PrivacyStep, *,
    person: UUID, reports: dict[str, dict[str, Any]], now: datetime,
) -> None:  # fmt: skip
    _write_text(archive, "README.txt", README.format(name="Lodestar"))
    for name, pieces in _tables(step):
        with archive.open(_entry(name, now, compress=True), "w", force_zip64=True) as entry:
            for nth, piece in enumerate(pieces):
                entry.write(f"{',' if nth else '['}\n{piece}".encode())
            entry.write(b"\n]\n")
    # What domains keep as a request's own archive is not part of the next one.
    folders = [f for report in reports.values() for f in report["folders"] if "/privacy/" not in f]
    files = [_copy(archive, store, key, step, now) for folder in folders for key in _keys(store, folder)]
    manifest = {
        "format": "lodestar-export/1",
        "made_at": now.isoformat(),
        "organization_id": str(step.org_id),
        "person_id": str(person),
        "tables": {domain: report["tables"] for domain, report in reports.items()},
        "files": files,
    }
    _write_text(archive, "manifest.json", json.dumps(manifest, indent=2))


def _tables(step: PrivacyStep) -> Iterator[tuple[str, Iterator[str]]]:
    with work_for(step.org_id) as session:
        listed = list(answers.pieces(session, step.request_id))
    for (domain, table), pieces in groupby(listed, key=lambda piece: piece[:2]):
        yield f"data/{domain}/{table}.json", (_piece(step, piece) for piece in pieces)


def _piece(step: PrivacyStep, which: answers.Piece) -> str:
    with work_for(step.org_id) as session:
        return answers.piece(session, step.request_id, which)


def _copy(archive: zipfile.ZipFile, store: ObjectStore, key: str, step: PrivacyStep, now: datetime) -> str:
    name = rules.file_name(key, org_id=str(step.org_id))
    start = 0
    with archive.open(_entry(name, now, compress=False), "w", force_zip64=True) as entry:
        while chunk := store.read_range(key, start=start, length=READ_BYTES):
            entry.write(chunk)
            start += len(chunk)
    return name


def _keys(store: ObjectStore, folder: str) -> Iterator[str]:
    cursor: str | None = None
    while True:
        page = store.list_objects(folder, cursor=cursor)
        yield from (found.key for found in page.objects)
        cursor = page.next_cursor
        if cursor is None:
            return


def _write_text(archive: zipfile.ZipFile, name: str, content: str) -> None:
    archive.writestr(_entry(name, clock.now(), compress=True), content)


def _entry(name: str, now: datetime, *, compress: bool) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=now.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    return entry


def _finish(step: PrivacyStep, *, key: str, size: int, now: datetime) -> None:
    with work_for(step.org_id) as session:
        request = running(repository.request_of(session, step.request_id, lock=True), step.request_id)
        request.state, request.completed_at, request.claimed_by = "completed", now, None
        request.export_key, request.export_bytes = key, size
        request.export_expires_at = now + rules.ARCHIVE_KEPT
        answers.forget(session, request.id)
        operations.succeed(session, request.operation_id, result={"request_id": str(request.id)})
        recipient = request.requested_by or request.user_id
        ready = ExportReady(
            request_id=request.id, recipient_id=recipient, expires_on=f"{request.export_expires_at:%Y-%m-%d}"
        )
        events.emit(session, ready)
        audit.record(session, "privacy_request.completed", subject_type=SUBJECT, subject_id=request.id)

"""Exports as staff ask for them, follow them and fetch them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from insights.errors import AggregatesOnly
from insights.models.exports import Export
from insights.repository import exports as repository
from insights.repository import report_runs
from insights.rules import exports as rules
from insights.schemas.exports import Download, ExportCreate, ExportDetail, ExportRead, MetricExportCreate
from insights.service import metrics
from lodestar import audit, clock, limits, operations
from lodestar.adapters.storage import object_store
from lodestar.contracts.insights import ExportRequested
from lodestar.db import work_for
from lodestar.events import emit
from lodestar.ids import new_id
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.principal import Principal
from lodestar.problems import NotFound

SUBJECT = "export"


def list_exports(session: Session, caller: Principal, page: PageQuery, *, state: str | None) -> Page[Export]:
    """Staff: the organization's, newest first. Analysts: what they asked for themselves."""
    statement = repository.exports(state=state, requested_by=_only(caller))
    return paginate(session, statement, page, keys=(Export.id,))


def _only(caller: Principal) -> UUID | None:
    return None if caller.is_staff else caller.user_id


def begin(session: Session, caller: Principal, body: ExportCreate) -> Export:
    """An export that is on its way: the one that the caller has open already, or a new one. Raises `NotFound`,
    `AggregatesOnly`, `RateLimited`."""
    wish = _wish(session, caller, body)
    filters = wish["filters"]
    export_id, operation_id = new_id(), new_id()
    made = repository.add(session, {"id": export_id, "operation_id": operation_id, **wish})
    if made is None:
        return repository.open_one(session, wish) or begin(session, caller, body)
    limits.spend(session, "exports", caller.user_id, capacity=rules.EXPORTS_A_DAY, per_seconds=86_400)
    operations.begin(session, "export", subject_type=SUBJECT, subject_id=export_id, operation_id=operation_id)
    after = {"kind": made.kind, "format": made.format, "filters": sorted(filters)}
    audit.record(session, "export.requested", subject_type=SUBJECT, subject_id=export_id, after=after)
    emit(session, ExportRequested(export_id=export_id))
    return made


def _wish(session: Session, caller: Principal, body: ExportCreate) -> dict[str, Any]:
    """What makes two exports the same."""
    metric = None
    if isinstance(body, MetricExportCreate):
        metric = body.metric.value
        reading: str = metrics.reading_of(session, caller, body.filters)
    elif not caller.is_staff:
        raise AggregatesOnly("Analysts take metrics away, never learners.")
    elif repository.is_known(session, body.filters):
        reading = "exact"
    else:
        raise NotFound("There is no such program, background or cohort in your organization.")
    return {
        "requested_by": caller.user_id,
        "format": body.format.value,
        "kind": body.kind.value,
        "metric": metric,
        "reading": reading,
        "filters": body.filters.model_dump(mode="json", exclude_none=True),
    }


def read(session: Session, caller: Principal, export_id: UUID) -> ExportDetail:
    """With a fresh link while there is a file. Raises `NotFound`."""
    export = repository.export_of(session, export_id)
    if export is None or _only(caller) not in (None, export.requested_by):
        raise NotFound()
    now, link = clock.now(), None
    if export.storage_key and export.expires_at and export.completed_at and export.expires_at > now:
        url = object_store().presign_get(
            export.storage_key,
            expires_seconds=rules.LINK_SECONDS,
            filename=rules.file_name(export.metric or export.kind, export.completed_at, export.format),
            content_type=rules.CONTENT_TYPES[export.format],
        )
        link = Download(url=url, expires_at=now + timedelta(seconds=rules.LINK_SECONDS))
    return ExportDetail(**ExportRead.model_validate(export).model_dump(), download=link)


def forget_files(org_id: UUID) -> int:
    """Nobody's data is left in a file of the organization, nor in a search: exports and reports can be made again.
    Answers how many files there were; those being made begin anew."""
    now = clock.now()
    with work_for(org_id) as session:
        repository.forget(session, now)
        report_runs.forget(session, now)
    return object_store().delete_all(f"{org_id}/exports/")


def expire(session: Session, export_id: UUID) -> int:
    """The file of an export whose time is over is deleted; answers how many versions it had."""
    export = repository.export_of(session, export_id, lock=True)
    if (
        export is None
        or export.storage_key is None
        or export.expires_at is None
        or export.expires_at > clock.now()
    ):
        return 0
    removed = object_store().delete_all(rules.folder(export.org_id, export.id))
    export.storage_key = None
    session.flush()
    return removed

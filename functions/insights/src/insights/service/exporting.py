"""An export in the making: read part by part, each in a transaction of its own, and streamed to storage.

A run that was thought dead and wakes up again stops at the next part, and its file is never named by a row.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import IO, cast
from uuid import UUID

from sqlalchemy.orm import Session

from insights.models.exports import Export
from insights.repository import exports as repository
from insights.rules import exports as rules
from insights.schemas.learners import LearnerFilters
from insights.schemas.metrics import MetricName, MetricQuery
from insights.service import metrics, tables
from insights.service.columns import HEADERS, METRIC_COLUMNS, record
from lodestar import clock, operations
from lodestar.adapters.storage import ObjectWriter, object_store
from lodestar.cells import Value
from lodestar.db import work_for
from lodestar.leases import Lease, Superseded, run_of
from lodestar.problems import Problem


@dataclass(frozen=True, slots=True)
class Table:
    """What goes into the file."""

    title: str
    headers: Sequence[str]
    rows: Iterable[Sequence[Value]]


class ExportFailed(Problem):
    """What an export that was given up says of itself."""

    code = "export_failed"
    title = "The table could not be made"


def make(org_id: UUID, export_id: UUID) -> None:
    """Make the file, unless it is there or another run is at it. May be asked any number of times."""
    with run_of(Export, export_id, org_id=org_id, give_up=_give_up) as lease:
        if lease:
            _make(lease)


def _make(lease: Lease[Export]) -> None:
    export = lease.row
    with work_for(lease.org_id) as session:
        table = _metric(session, lease) if export.metric else _learners(session, lease)
    key = f"{rules.folder(lease.org_id, export.id)}{lease.run_id}.{export.format}"
    try:
        with (
            ObjectWriter(object_store(), key, content_type=rules.CONTENT_TYPES[export.format]) as target,
            tables.sheet(export.format, cast("IO[bytes]", target), table.headers, title=table.title) as sheet,
        ):
            for row in table.rows:
                sheet.write(row)
        with lease.ending() as (session, finished):
            _finish(session, finished, key=key, size=target.size)
    except Superseded:
        object_store().delete_all(key)
        raise


def _learners(session: Session, lease: Lease[Export]) -> Table:
    filters = LearnerFilters.model_validate(lease.row.filters)
    total = repository.count(session, filters)

    def say(session: Session, done: int) -> None:
        lease.renew(session, row_count=done)
        message = f"{done:,} of {max(total, done):,} learners."
        operations.advance(
            session, lease.row.operation_id, percent=rules.percent(done, total), message=message
        )

    rows = tables.learner_rows(lease.org_id, filters, say=say)
    return Table("Learners", HEADERS, (record(row) for row in rows))


def _metric(session: Session, lease: Lease[Export]) -> Table:
    """Its few groups, as whoever asked may see them."""
    export = lease.row
    query = MetricQuery.model_validate(export.filters)
    found = metrics.read_as(
        session, cast("metrics.Reading", export.reading), MetricName(str(export.metric)), query
    )
    lease.renew(session, row_count=len(found.rows))
    rows = [[column.value(row) for column in METRIC_COLUMNS] for row in found.rows]
    return Table("Metric", tuple(column.header for column in METRIC_COLUMNS), rows)


def _finish(session: Session, export: Export, *, key: str, size: int) -> None:
    now = clock.now()
    export.leave("completed")
    export.completed_at = now
    export.storage_key, export.byte_count, export.expires_at = key, size, now + rules.KEPT
    result = {"export_id": str(export.id), "rows": export.row_count}
    operations.succeed(session, export.operation_id, result=result)


def _give_up(session: Session, export: Export) -> None:
    export.leave("failed", problem=rules.GIVEN_UP)
    problem = {"code": ExportFailed.code, "title": ExportFailed.title, "detail": rules.GIVEN_UP}
    operations.fail(session, export.operation_id, problem=problem)

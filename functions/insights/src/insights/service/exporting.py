"""An export in the making: read part by part, each in a transaction of its own, and streamed to storage.

A run claims the export, and everything it commits asks whether the export is still its own: one that was thought dead
and wakes up again stops at the next part, and its file is never named by a row.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, cast
from uuid import UUID

from sqlalchemy.orm import Session

from insights.models.exports import Export
from insights.repository import exports as repository
from insights.rules import exports as rules
from insights.schemas.learners import LearnerFilters, LearnerRead
from insights.schemas.metrics import MetricName, MetricQuery
from insights.service import metrics, tables
from insights.service.columns import HEADERS, METRIC_COLUMNS, record
from lodestar import clock, operations
from lodestar.adapters.storage import ObjectWriter, object_store
from lodestar.cells import Value
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.log import log
from lodestar.problems import Problem


class Superseded(Exception):
    """The export is another run's now, or there is nothing left to make."""


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
    run = new_id()
    with work_for(org_id) as session:
        export = _claimed(session, export_id, run)
        if export is None:
            return
        table = _metric(session, export) if export.metric else _learners(session, export, run=run)
    key = f"{rules.folder(org_id, export_id)}{run}.{export.format}"
    try:
        with (
            ObjectWriter(object_store(), key, content_type=rules.CONTENT_TYPES[export.format]) as target,
            tables.sheet(export.format, cast("IO[bytes]", target), table.headers, title=table.title) as sheet,
        ):
            for row in table.rows:
                sheet.write(row)
        with work_for(org_id) as session:
            _finish(session, export_id, run=run, key=key, size=target.size)
    except Superseded:
        log.info("export_superseded", export_id=str(export_id), run=str(run))
        object_store().delete_all(key)
    except Exception:
        with suppress(Superseded), work_for(org_id) as session:
            _give_back(session, export_id, run=run)
        raise


def _claimed(session: Session, export_id: UUID, run: UUID) -> Export | None:
    """The export, which is the run's own from now on; None when there is nothing for it to do."""
    export = repository.export_of(session, export_id, lock=True)
    if export is None or export.state not in repository.OPEN:
        return None
    now = clock.now()
    if export.state == "running" and export.updated_at > now - rules.SILENCE:
        return None
    if export.tries >= rules.MOST_TRIES:
        _give_up(session, export)
        return None
    export.state, export.run_id, export.tries = "running", run, export.tries + 1
    export.row_count, export.updated_at = 0, now
    session.flush()
    return export


def _learners(session: Session, export: Export, *, run: UUID) -> Table:
    filters = LearnerFilters.model_validate(export.filters)
    total = repository.count(session, filters)
    rows = _rows(export.org_id, export, run=run, filters=filters, total=total)
    return Table("Learners", HEADERS, (record(row) for row in rows))


def _metric(session: Session, export: Export) -> Table:
    """Its few groups, as whoever asked may see them."""
    query = MetricQuery.model_validate(export.filters)
    found = metrics.read_as(
        session, cast("metrics.Reading", export.reading), MetricName(str(export.metric)), query
    )
    export.row_count = len(found.rows)
    session.flush()
    rows = [[column.value(row) for column in METRIC_COLUMNS] for row in found.rows]
    return Table("Metric", tuple(column.header for column in METRIC_COLUMNS), rows)


def _rows(
    org_id: UUID, export: Export, *, run: UUID, filters: LearnerFilters, total: int
) -> Iterator[LearnerRead]:
    """Every learner. Raises `Superseded`."""

    def say(session: Session, done: int) -> None:
        if not repository.note(session, export.id, run=run, rows=done, at=clock.now()):
            raise Superseded(str(export.id))
        message = f"{done:,} of {max(total, done):,} learners."
        operations.advance(session, export.operation_id, percent=rules.percent(done, total), message=message)

    return tables.learner_rows(org_id, filters, say=say)


def _own(session: Session, export_id: UUID, run: UUID) -> Export:
    """Raises `Superseded`."""
    export = repository.export_of(session, export_id, lock=True)
    if export is None or export.run_id != run:
        raise Superseded(str(export_id))
    return export


def _finish(session: Session, export_id: UUID, *, run: UUID, key: str, size: int) -> None:
    export, now = _own(session, export_id, run), clock.now()
    export.state, export.run_id, export.completed_at = "completed", None, now
    export.storage_key, export.byte_count, export.expires_at = key, size, now + rules.KEPT
    session.flush()
    result = {"export_id": str(export.id), "rows": export.row_count}
    operations.succeed(session, export.operation_id, result=result)


def _give_back(session: Session, export_id: UUID, *, run: UUID) -> None:
    """After an error: the next run may begin at once, if there may be one."""
    export = _own(session, export_id, run)
    if export.tries >= rules.MOST_TRIES:
        _give_up(session, export)
    else:
        export.state, export.run_id = "pending", None
        session.flush()


def _give_up(session: Session, export: Export) -> None:
    export.state, export.run_id, export.problem_detail = "failed", None, rules.GIVEN_UP
    session.flush()
    problem = {"code": ExportFailed.code, "title": ExportFailed.title, "detail": rules.GIVEN_UP}
    operations.fail(session, export.operation_id, problem=problem)

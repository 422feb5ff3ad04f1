"""A preview in the making."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from assessment.models.previews import Preview
from assessment.rules import previews as rules
from assessment.service import ai_runs, sampling
from assessment.service.samples import Order
from lodestar import clock, operations
from lodestar.adapters.ai import OnRun, RunRecord
from lodestar.db import work_for
from lodestar.leases import Lease, Superseded, run_of
from lodestar.problems import Problem

SUBJECT = "preview"


class PreviewFailed(Problem):
    """What a preview that was given up says of itself."""

    code = "preview_failed"
    title = "The sample could not be made"


def make(org_id: UUID, preview_id: UUID) -> None:
    """Make the sample, unless it is there or another run is at it. May be asked any number of times."""
    with run_of(Preview, preview_id, org_id=org_id, give_up=_give_up) as lease:
        if lease:
            _make(lease)


def _make(lease: Lease[Preview]) -> None:
    with work_for(lease.org_id) as session:
        lease.renew(session)
        operations.advance(session, lease.row.operation_id, percent=10, message="A sample is being made.")
    try:
        result = sampling.sample_of(_order(lease), on_run=_recorder(lease))
    except Problem as problem:
        with lease.ending() as (session, preview):
            _fail(session, preview, problem.detail)
        return
    with lease.ending() as (session, preview):
        _finish(session, preview, result)


def _order(lease: Lease[Preview]) -> Order:
    preview = lease.row
    return Order(
        preview_id=preview.id,
        org_id=lease.org_id,
        subject_type=preview.subject_type,
        subject_id=preview.subject_id,
        draft=preview.draft,
    )


def _recorder(lease: Lease[Preview]) -> OnRun:
    """Keeps each call as one about the preview, whoever makes that by now: nobody's use of AI as a learner."""

    def keep(record: RunRecord) -> None:
        with work_for(lease.org_id) as session:
            ai_runs.record(session, record, subject_type=SUBJECT, subject_id=lease.row.id)
            with suppress(Superseded):
                lease.renew(session)

    return keep


def _finish(session: Session, preview: Preview, result: dict[str, Any]) -> None:
    preview.leave("completed")
    preview.result, preview.completed_at = result, clock.now()
    operations.succeed(session, preview.operation_id, result={"preview_id": str(preview.id)})


def _give_up(session: Session, preview: Preview) -> None:
    _fail(session, preview, rules.GIVEN_UP)


def _fail(session: Session, preview: Preview, detail: str) -> None:
    preview.leave("failed", problem=detail)
    problem = {"code": PreviewFailed.code, "title": PreviewFailed.title, "detail": detail}
    operations.fail(session, preview.operation_id, problem=problem)

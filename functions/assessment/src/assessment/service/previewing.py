"""A preview in the making. A run claims it, and everything it commits asks whether the preview is still its own."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from assessment.models.previews import Preview
from assessment.repository import previews as repository
from assessment.rules import previews as rules
from assessment.service import ai_runs, sampling
from assessment.service.samples import Order
from lodestar import clock, operations
from lodestar.adapters.ai import OnRun, RunRecord
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.log import log
from lodestar.problems import Problem

SUBJECT = "preview"


class PreviewFailed(Problem):
    """What a preview that was given up says of itself."""

    code = "preview_failed"
    title = "The sample could not be made"


def make(org_id: UUID, preview_id: UUID) -> None:
    """Make the sample, unless it is there or another run is at it. May be asked any number of times."""
    run = new_id()
    with work_for(org_id) as session:
        preview = _claimed(session, preview_id, run)
        if preview is None:
            return
        order = Order(
            preview_id=preview.id,
            org_id=org_id,
            subject_type=preview.subject_type,
            subject_id=preview.subject_id,
            draft=preview.draft,
        )
    try:
        result = sampling.sample_of(order, on_run=_recorder(org_id, preview_id, run=run))
        _ending(org_id, preview_id, run, lambda session, own: _finish(session, own, result))
    except Problem as problem:
        detail = problem.detail
        _ending(org_id, preview_id, run, lambda session, own: _give_up(session, own, detail))
    except Exception:
        _ending(org_id, preview_id, run, _give_back)
        raise


def _recorder(org_id: UUID, preview_id: UUID, *, run: UUID) -> OnRun:
    """Keeps each call as one about the preview: nobody's use of AI as a learner; and says that the run is alive."""

    def keep(record: RunRecord) -> None:
        with work_for(org_id) as session:
            repository.renew(session, preview_id, run=run, at=clock.now())
            ai_runs.record(session, record, subject_type=SUBJECT, subject_id=preview_id)

    return keep


def _claimed(session: Session, preview_id: UUID, run: UUID) -> Preview | None:
    """The preview, which is the run's own from now on; None when there is nothing for it to do."""
    preview, now = repository.lock(session, preview_id), clock.now()
    if preview is None or preview.state not in repository.OPEN:
        return None
    if preview.state == "running" and preview.updated_at > now - rules.SILENCE:
        return None
    if preview.tries >= rules.MOST_TRIES:
        _give_up(session, preview, rules.GIVEN_UP)
        return None
    preview.state, preview.run_id, preview.tries, preview.updated_at = "running", run, preview.tries + 1, now
    session.flush()
    operations.advance(session, preview.operation_id, percent=10, message="A sample is being made.")
    return preview


def _ending(org_id: UUID, preview_id: UUID, run: UUID, end: Callable[[Session, Preview], None]) -> None:
    """The last word of a run, as long as the preview is its own."""
    with work_for(org_id) as session:
        preview = repository.lock(session, preview_id)
        if preview is None or preview.run_id != run:
            log.info("preview_superseded", preview_id=str(preview_id), run=str(run))
            return
        end(session, preview)


def _finish(session: Session, preview: Preview, result: dict[str, Any]) -> None:
    preview.state, preview.run_id, preview.result = "completed", None, result
    preview.completed_at = clock.now()
    session.flush()
    operations.succeed(session, preview.operation_id, result={"preview_id": str(preview.id)})


def _give_back(session: Session, preview: Preview) -> None:
    """After an error: the next run may begin at once, if there may be one."""
    if preview.tries >= rules.MOST_TRIES:
        _give_up(session, preview, rules.GIVEN_UP)
    else:
        preview.state, preview.run_id = "pending", None
        session.flush()


def _give_up(session: Session, preview: Preview, detail: str) -> None:
    preview.state, preview.run_id, preview.problem_detail = "failed", None, detail
    session.flush()
    problem = {"code": PreviewFailed.code, "title": PreviewFailed.title, "detail": detail}
    operations.fail(session, preview.operation_id, problem=problem)

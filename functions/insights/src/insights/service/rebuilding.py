"""The nightly rebuild of an organization's metrics: facts anew from their owners, rollups anew from the facts, and once
a month the release for analysts. Every step is a transaction of its own that notes how far it is; the next run goes on."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from insights.models.metrics import MetricRebuild
from insights.repository import rebuild as repository
from insights.rules import suppression
from insights.rules.catalogue import MetricName
from lodestar import clock
from lodestar.db import unit_of_work, work_for
from lodestar.principal import NO_TENANT, NOBODY

PAGE = 2000
SPAN = 50_000
"""Learners whose cells one statement adds up: a second or two of the twenty that it may take."""
MOST_ORGANIZATIONS = 1000
"""A run; the next one, an hour later, takes the others."""
FIRST = next(iter(MetricName))


def rebuild_due(go_on: Callable[[], bool]) -> dict[str, int]:
    """Rebuild every organization whose own day has turned, while `go_on` says so."""
    with unit_of_work(NO_TENANT, read_only=True) as session:
        waiting = repository.due(session, most=MOST_ORGANIZATIONS)
    counts = {"organizations": 0, "repaired": 0}
    for org_id, day in waiting:
        repaired = rebuild(org_id, day, go_on)
        if repaired is None:
            break
        counts["organizations"] += 1
        counts["repaired"] += repaired
    return counts


def rebuild(org_id: UUID, day: date, go_on: Callable[[], bool] = lambda: True) -> int | None:
    """Rebuild one; answers how many rows were wrong, or None when there was no time to end."""
    while go_on():
        with work_for(org_id) as session:
            state = repository.begin(session, day)
            if state.finished_day == day:
                return state.repaired
            _step(session, state)
    return None


def _step(session: Session, state: MetricRebuild) -> None:
    if not state.facts_done:
        ids, wrong = repository.settle_page(session, state.after or NOBODY, most=PAGE)
        state.repaired += wrong
        state.after = ids[-1] if ids else state.after
        state.facts_done = len(ids) < PAGE
        session.flush()
        return
    metric = MetricName(state.metric) if state.metric else FIRST
    since = state.since or date.min
    until = repository.span_end(session, since, most=SPAN)
    state.repaired += repository.repair(session, metric, since, until or date.max)
    state.metric, state.since = metric.value, until
    if until is None:
        _next_metric(session, state, metric)
    session.flush()


def _next_metric(session: Session, state: MetricRebuild, done: MetricName) -> None:
    rest = list(MetricName)[list(MetricName).index(done) + 1 :]
    if rest:
        state.metric = rest[0].value
        return
    month = state.day.replace(day=1)
    if state.released_month != month:
        release(session, month)
        state.released_month = month
    repository.finish(session, state, at=clock.now())


def release(session: Session, month: date) -> None:
    """Put what analysts may read of each program now in the place of what they could read before."""
    parts = {}
    for program_id, unit in repository.units(session).items():
        told = {
            name: {key: suppression.rounded(one) for key, one in groups.items()}
            for name, groups in unit.items()
        }
        parts[program_id] = (told, suppression.shown(unit))
    repository.release(session, month, parts)

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
MOST_ORGANIZATIONS = 1000
"""A run; the next one, an hour later, takes the others."""
BEGINNING = date(1, 1, 1)


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
    metric = MetricName(state.metric) if state.metric else next(iter(MetricName))
    year = repository.next_year(session, metric, _after(state.year))
    if year:
        state.repaired += repository.repair(session, metric, year)
        state.metric, state.year = metric.value, year
        session.flush()
        return
    rest = list(MetricName)[list(MetricName).index(metric) + 1 :]
    if rest:
        state.metric, state.year = rest[0].value, None
        session.flush()
        return
    month = state.day.replace(day=1)
    if state.released_month != month:
        release(session, month)
        state.released_month = month
    repository.finish(session, state, at=clock.now())


def _after(year: date | None) -> date:
    """The first day of the year after it."""
    return date(year.year + 1, 1, 1) if year else BEGINNING


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

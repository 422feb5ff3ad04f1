"""Dashboards: counts that say what they count, and where to go on."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from insights.repository import dashboards as repository
from insights.rules import kpis as rules
from insights.rules.catalogue import CATALOGUE, MetricName
from insights.rules.kpis import DEFINITIONS, PAGES, Dashboard, Figure, Kpi
from insights.schemas.dashboards import DashboardList, DashboardRead, DashboardRef, KpiRead, MetricRef
from insights.schemas.metrics import MetricQuery, MetricRead
from insights.service import metrics
from lodestar import clock
from lodestar.principal import Principal
from lodestar.problems import Forbidden

AGGREGATES = (MetricName.COMPLETION_RATES, MetricName.PROMOTION_EXAMS, MetricName.PROJECT_RELEVANCE)
"""What analysts see first: shares of learners, as far as groups are shown to them at all."""
NOT_COMPARED = "Figures for analysts are released once a month, so there is nothing to compare them with."


def openable(caller: Principal) -> DashboardList:
    """Those that one of the caller's roles may open."""
    return DashboardList(
        data=[
            DashboardRef(name=name, title=page.title, url=f"/v1/insights/dashboards/{name.value}")
            for name, page in PAGES.items()
            if caller.has(*page.roles)
        ]
    )


def read(session: Session, caller: Principal, name: Dashboard) -> DashboardRead:
    """Raises `Forbidden` for a role that may not open it."""
    page = PAGES[name]
    if not caller.has(*page.roles):
        raise Forbidden(f"This needs one of the roles: {', '.join(sorted(page.roles))}.")
    now = clock.now()
    if name is Dashboard.ANALYST:
        found = [metrics.read(session, caller, metric, MetricQuery()) for metric in AGGREGATES]
        return _page(name, now, found[0].time_zone, [_aggregate(metric) for metric in found])
    counted = repository.numbers(session, now)
    figures = _figures(counted)
    return _page(name, now, counted.time_zone, [_kpi(kpi, figures[kpi]) for kpi in page.kpis])


def _page(name: Dashboard, now: datetime, time_zone: str, kpis: list[KpiRead]) -> DashboardRead:
    further = [
        MetricRef(name=metric.value, title=known.title, url=_metric_url(metric))
        for metric, known in CATALOGUE.items()
    ]
    return DashboardRead(
        name=name, title=PAGES[name].title, as_of=now, time_zone=time_zone, kpis=kpis, metrics=further
    )


def _figures(row: Row[Any]) -> Mapping[Kpi, Figure]:
    enrolled_before = row.enrolled - row.enrolled_now
    return {
        Kpi.LEARNERS: Figure(row.enrolled, enrolled_before),
        Kpi.ACTIVE_LEARNERS: Figure(
            _kept(row, Kpi.ACTIVE_LEARNERS, 0, 1), _kept(row, Kpi.ACTIVE_LEARNERS, 7)
        ),
        Kpi.NEW_ENROLLMENTS: Figure(row.enrolled_now, row.enrolled_before),
        Kpi.STARS_EARNED: Figure(row.stars_now, row.stars_before),
        Kpi.REVIEWS_WAITING: Figure(row.reviews, _kept(row, Kpi.REVIEWS_WAITING, 7)),
        Kpi.APPEALS_OPEN: Figure(row.appeals, _kept(row, Kpi.APPEALS_OPEN, 7)),
        Kpi.EXPORTS_FAILED: Figure(row.exports_now, row.exports_before),
        Kpi.REPORTS_FAILED: Figure(row.reports_now, row.reports_before),
        Kpi.AI_FAILURE_RATE: Figure(
            rules.rate(row.failed_now, row.calls_now), rules.rate(row.failed_before, row.calls_before)
        ),
        Kpi.DELIVERIES_FAILED: Figure(row.deliveries_now, row.deliveries_before),
    }


def _kept(row: Row[Any], kpi: Kpi, *days_ago: int) -> float | None:
    """The first of these days' that there is: the day's own is there from its first hour on."""
    days: list[date] = [row.day - timedelta(days=ago) for ago in days_ago]
    found = (kept for day in days if (kept := (row.kept or {}).get(f"{day} {kpi.value}")) is not None)
    return next(found, None)


def _kpi(kpi: Kpi, figure: Figure) -> KpiRead:
    known = DEFINITIONS[kpi]
    return KpiRead(
        name=kpi.value,
        title=known.title,
        value=figure.value,
        unit=known.unit,
        previous=figure.previous,
        change=figure.change,
        text=rules.said(kpi, figure),
        definition=known.definition,
        url=known.url,
    )


def _aggregate(metric: MetricRead) -> KpiRead:
    """Of the groups that are shown, and of nobody else."""
    shown = [(row.numerator, row.denominator) for row in metric.rows if row.numerator is not None]
    counted, of = (
        (sum(part or 0 for part in parts) for parts in zip(*shown, strict=True)) if shown else (0, 0)
    )
    return KpiRead(
        name=metric.name.value,
        title=metric.title,
        value=rules.rate(counted, of),
        unit=rules.PERCENT,
        previous=None,
        change=None,
        text=metric.headline,
        definition=f"{metric.definition.numerator}, of: {metric.definition.denominator}. {NOT_COMPARED}",
        url=_metric_url(metric.name),
    )


def _metric_url(name: MetricName) -> str:
    return f"/v1/insights/metrics/{name.value}"

"""Queries of metrics: rollups for those who see their organization's numbers, releases for analysts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from insights.rules.catalogue import MetricName
from insights.schemas.metrics import MetricQuery


@dataclass(frozen=True, slots=True)
class About:
    """What an answer says of the organization and of how fresh it is. `known`: the program asked for is there."""

    time_zone: str
    is_platform: bool
    known: bool
    event_at: datetime | None
    rebuilt_at: datetime | None
    released_month: date | None


@dataclass(frozen=True, slots=True)
class Cell:
    """A group's sums. Of a release: `withheld` of the parts that it is added up from are left out, `shown` are in."""

    key: str
    numerator: int
    denominator: int
    amount: Decimal
    counted: int
    withheld: int = 0
    shown: int = 1


ABOUT = """
SELECT o.time_zone, identity.is_platform() AS is_platform,
  CAST(:program AS uuid) IS NULL
    OR EXISTS (SELECT FROM learning.v_program_titles WHERE program_id = CAST(:program AS uuid)) AS known,
  (SELECT occurred_at FROM insights.activity_events WHERE org_id = backbone.current_org() ORDER BY id DESC LIMIT 1)
    AS event_at,
  r.finished_at AS rebuilt_at, r.released_month
FROM identity.v_organization AS o
LEFT JOIN insights.metric_rebuilds AS r ON r.org_id = backbone.current_org()
"""
SUMS = """
SELECT key, sum(numerator)::bigint AS numerator, sum(denominator)::bigint AS denominator, sum(amount) AS amount,
  sum(counted)::bigint AS counted
FROM insights.daily_metrics WHERE org_id = backbone.current_org() AND metric = :metric{filters}
GROUP BY key HAVING sum(denominator) > 0 OR sum(counted) > 0
"""
FILTERS = {
    "program_id": " AND program_id = :program_id",
    "cohort": " AND cohort = :cohort",
    "tier": " AND tier = :tier",
    "from_": " AND day >= :from_",
    "to": " AND day <= :to",
}
RELEASED = """
SELECT key, count(*) FILTER (WHERE withheld) AS withheld, count(*) FILTER (WHERE NOT withheld) AS shown,
  coalesce(sum(numerator) FILTER (WHERE NOT withheld), 0)::bigint AS numerator,
  coalesce(sum(denominator) FILTER (WHERE NOT withheld), 0)::bigint AS denominator,
  coalesce(sum(amount) FILTER (WHERE NOT withheld), 0) AS amount,
  coalesce(sum(counted) FILTER (WHERE NOT withheld), 0)::bigint AS counted, min(month) AS month
FROM insights.metric_releases
WHERE org_id = backbone.current_org() AND metric = :metric
  AND (CAST(:program AS uuid) IS NULL OR program_id = CAST(:program AS uuid))
GROUP BY key
"""
# A cohort is of one organization, which could be told apart by it: all cohorts are one group.
EVERYWHERE = """
SELECT CASE WHEN CAST(:metric AS text) = 'cohort-comparison' AND length(key) = 36 THEN 'cohort' ELSE key END AS key,
  sum(withheld)::bigint AS withheld, sum(shown)::bigint AS shown, sum(numerator)::bigint AS numerator,
  sum(denominator)::bigint AS denominator, sum(amount) AS amount, sum(counted)::bigint AS counted, min(month) AS month
FROM insights.released_everywhere(:metric, CAST(:program AS uuid)) GROUP BY 1
"""
IS_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LABELS = {
    MetricName.MODULE_COMPLETION: """
        SELECT DISTINCT ON (module_id) module_id::text AS key, title, array_position(
          ARRAY['assessment', 'course', 'masterclass', 'project', 'interview'], kind) * 10000 + position AS place
        FROM learning.v_modules WHERE module_id = ANY (CAST(:ids AS uuid[])) ORDER BY module_id, version_id DESC""",
    MetricName.COHORT_COMPARISON: """
        SELECT cohort_id::text AS key, title, starts_on - date '2000-01-01' AS place FROM learning.v_cohorts
        WHERE cohort_id = ANY (CAST(:ids AS uuid[]))""",
    MetricName.COMPLETION_RATES: """
        SELECT program_id::text AS key, title, 0 AS place FROM learning.v_program_titles
        WHERE program_id = ANY (CAST(:ids AS uuid[]))""",
    MetricName.PROJECT_RELEVANCE: """
        SELECT background_id::text AS key, title, 0 AS place FROM assessment.v_background_titles
        WHERE background_id = ANY (CAST(:ids AS uuid[]))""",
}


def about(session: Session, query: MetricQuery) -> About:
    """The organization that reads."""
    return About(*session.execute(text(ABOUT), {"program": query.program_id}).one())


def sums(session: Session, name: MetricName, query: MetricQuery) -> list[Cell]:
    """The organization's own, exact."""
    given = {field: getattr(query, field) for field in FILTERS if getattr(query, field) is not None}
    statement = SUMS.format(filters="".join(FILTERS[field] for field in given))
    return [_cell(row) for row in session.execute(text(statement), {"metric": name.value, **given})]


def released(
    session: Session, name: MetricName, query: MetricQuery, *, everywhere: bool
) -> tuple[list[Cell], date | None]:
    """What analysts read, and of which month the oldest part is."""
    given = {"metric": name.value, "program": query.program_id}
    rows = session.execute(text(EVERYWHERE if everywhere else RELEASED), given).all()
    return [_cell(row, row.withheld, row.shown) for row in rows], min(
        (row.month for row in rows), default=None
    )


def labels(session: Session, name: MetricName, keys: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Titles of the groups that have an id, each with its place; those that the reader cannot see are left out."""
    ids = [key for key in keys if IS_ID.fullmatch(key)]
    if name not in LABELS or not ids:
        return {}
    found = session.execute(text(LABELS[name]), {"ids": ids})
    return {row.key: (row.title, row.place) for row in found}


def _cell(row: Row[Any], withheld: int = 0, shown: int = 1) -> Cell:
    return Cell(row.key, row.numerator, row.denominator, row.amount, row.counted, withheld, shown)

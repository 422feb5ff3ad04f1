"""Statements of the nightly rebuild: facts page by page, rollups metric by metric and span by span of days."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from insights.models.metrics import MetricRebuild
from insights.repository.facts import SETTLE
from insights.rules.catalogue import MetricName
from insights.rules.suppression import Count, Unit
from lodestar.db import principal_of

DUE = "SELECT org_id, day FROM insights.metrics_due(:most)"
BEGIN = """
INSERT INTO insights.metric_rebuilds AS r (day) VALUES (:day)
ON CONFLICT (org_id) DO UPDATE SET day = excluded.day, after = NULL, facts_done = false, since = NULL, metric = NULL,
  repaired = 0
WHERE r.day <> excluded.day
"""
ALONE = "SELECT pg_advisory_xact_lock(7302, hashtext(:org))"
"""The reactions of the organization wait for a page; `repository.facts.ONE` is their side."""
NEXT = """
SELECT enrollment_id FROM (
  (SELECT enrollment_id FROM learning.v_enrollments WHERE enrollment_id > :after ORDER BY enrollment_id LIMIT :most)
  UNION
  (SELECT enrollment_id FROM insights.enrollment_facts
   WHERE org_id = backbone.current_org() AND enrollment_id > :after ORDER BY enrollment_id LIMIT :most)
) AS either ORDER BY enrollment_id LIMIT :most
"""
FORGET = """
DELETE FROM insights.enrollment_facts AS f WHERE f.enrollment_id = ANY (:ids)
  AND NOT EXISTS (SELECT FROM learning.v_enrollments AS e WHERE e.enrollment_id = f.enrollment_id)
RETURNING 1
"""
SPAN = """
SELECT max(day) + 1 FROM (
  SELECT day FROM insights.enrollment_facts WHERE org_id = backbone.current_org() AND day >= :since
  ORDER BY day LIMIT :most
) AS span HAVING count(*) = :most
"""
DIMENSIONS = "org_id, metric, day, program_id, cohort, tier, key"
MEASURES = ("numerator", "denominator", "amount", "counted")
REPAIR = f"""
WITH wanted AS MATERIALIZED (
  SELECT f.org_id, c.metric, f.day, f.program_id, f.cohort, f.tier, c.key, sum(c.numerator)::bigint AS numerator,
    sum(c.denominator)::bigint AS denominator, sum(c.amount) AS amount, sum(c.counted)::bigint AS counted
  FROM insights.enrollment_facts AS f CROSS JOIN LATERAL insights.cells(f) AS c
  WHERE f.org_id = backbone.current_org() AND f.day >= :since AND f.day < :until
    AND c.metric = :metric
  GROUP BY 1, 2, 3, 4, 5, 6, 7
), gone AS (
  DELETE FROM insights.daily_metrics AS d
  WHERE d.org_id = backbone.current_org() AND d.metric = :metric
    AND d.day >= :since AND d.day < :until
    AND NOT EXISTS (SELECT FROM wanted AS w WHERE (w.day, w.program_id, w.cohort, w.tier, w.key)
      = (d.day, d.program_id, d.cohort, d.tier, d.key))
  RETURNING (d.denominator <> 0 OR d.counted <> 0)::integer AS wrong
), put AS (
  INSERT INTO insights.daily_metrics AS d ({DIMENSIONS}, {", ".join(MEASURES)}) SELECT * FROM wanted
  ON CONFLICT ({DIMENSIONS}) DO UPDATE SET ({", ".join(MEASURES)}) = ({", ".join(f"excluded.{m}" for m in MEASURES)})
  WHERE ({", ".join(f"d.{m}" for m in MEASURES)}) IS DISTINCT FROM ({", ".join(f"excluded.{m}" for m in MEASURES)})
  RETURNING 1 AS wrong
)
SELECT (SELECT coalesce(sum(wrong), 0) FROM gone) + (SELECT coalesce(sum(wrong), 0) FROM put)
"""
UNITS = """
SELECT program_id, metric, key, sum(numerator)::bigint AS numerator, sum(denominator)::bigint AS denominator,
  sum(amount) AS amount, sum(counted)::bigint AS counted
FROM insights.daily_metrics WHERE org_id = backbone.current_org() AND key NOT LIKE '\\_%'
GROUP BY program_id, metric, key HAVING sum(denominator) > 0
"""
WITHDRAW = "DELETE FROM insights.metric_releases WHERE org_id = backbone.current_org()"
RELEASE = """
INSERT INTO insights.metric_releases (metric, program_id, key, month, withheld, numerator, denominator, amount, counted)
SELECT r.metric, r.program_id, r.key, :month, r.withheld, r.numerator, r.denominator, r.amount, r.counted
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (metric text, program_id uuid, key text, withheld boolean,
  numerator bigint, denominator bigint, amount numeric, counted bigint)
"""


def due(session: Session, *, most: int) -> list[tuple[UUID, date]]:
    """Organizations whose rebuild of today has not finished, the longest waiting first, with their own today."""
    return [(row.org_id, row.day) for row in session.execute(text(DUE), {"most": most})]


def begin(session: Session, day: date) -> MetricRebuild:
    """The organization's rebuild of the day, as far as it got; a new one where the last was of another day."""
    session.execute(text(BEGIN), {"day": day})
    return session.get_one(MetricRebuild, principal_of(session).org_id, with_for_update=True)


def settle_page(session: Session, after: UUID, *, most: int) -> tuple[list[UUID], int]:
    """The next enrollments, and how many of their facts were wrong."""
    session.execute(text(ALONE), {"org": str(principal_of(session).org_id)})
    ids = list(session.scalars(text(NEXT), {"after": after, "most": most}))
    gone = session.execute(text(FORGET), {"ids": ids}).all()
    changed = session.execute(text(SETTLE), {"ids": ids}).all()
    return ids, len(gone) + len(changed)


def span_end(session: Session, since: date, *, most: int) -> date | None:
    """The day after the span of days, from `since` on, in which about so many were enrolled; None for all that is
    left. A day is not divided."""
    found: date | None = session.scalar(text(SPAN), {"since": since, "most": most})
    return found


def repair(session: Session, metric: MetricName, since: date, until: date) -> int:
    """Make the rollups of these days, without the last one, equal the facts; answers how many were wrong."""
    session.execute(text(ALONE), {"org": str(principal_of(session).org_id)})
    days = {"metric": metric.value, "since": since, "until": until}
    wrong: int = session.scalar(text(REPAIR), days)
    return wrong


def units(session: Session) -> dict[UUID, dict[MetricName, dict[str, Count]]]:
    """What is known of each program."""
    found: dict[UUID, dict[MetricName, dict[str, Count]]] = {}
    for row in session.execute(text(UNITS)):
        groups = found.setdefault(row.program_id, {}).setdefault(MetricName(row.metric), {})
        groups[row.key] = Count(row.numerator, row.denominator, row.amount, row.counted)
    return found


def release(
    session: Session, month: date, parts: Mapping[UUID, tuple[Unit, Mapping[MetricName, set[str]]]]
) -> int:
    """Put these in the place of what was released before: of each group the given count, or nothing."""
    nothing = Count(0, 0)
    rows = [
        {
            "metric": name.value,
            "program_id": str(program_id),
            "key": key,
            "withheld": key not in shown.get(name, ()),
            **_measures(count if key in shown.get(name, ()) else nothing),
        }
        for program_id, (unit, shown) in parts.items()
        for name, groups in unit.items()
        for key, count in groups.items()
    ]
    session.execute(text(WITHDRAW))
    session.execute(text(RELEASE), {"month": month, "rows": json.dumps(rows)})
    return len(rows)


def finish(session: Session, rebuild: MetricRebuild, *, at: datetime) -> None:
    """The day is done."""
    rebuild.finished_at, rebuild.finished_day = at, rebuild.day
    session.flush()


def _measures(count: Count) -> dict[str, int | str]:
    return {name: str(getattr(count, name)) for name in MEASURES}

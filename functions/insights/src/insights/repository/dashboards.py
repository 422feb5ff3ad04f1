"""Queries of dashboards: each counts by an index that holds only what is counted, or by rollups."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from insights.rules.kpis import GAUGES, WEEK, first_id

TODAY = (
    "(SELECT (CAST(:now AS timestamptz) AT TIME ZONE o.time_zone)::date FROM identity.v_organization AS o)"
)
KEPT_DAYS = 35

# Every part by itself: a plan of all together would begin with the largest.
NUMBERS = f"""
WITH today AS MATERIALIZED (SELECT {TODAY} AS day), enrolled AS MATERIALIZED (
  SELECT coalesce(sum(d.numerator), 0) AS ever,
    coalesce(sum(d.numerator) FILTER (WHERE d.day > t.day - 7), 0) AS now,
    coalesce(sum(d.numerator) FILTER (WHERE d.day > t.day - 14 AND d.day <= t.day - 7), 0) AS before
  FROM insights.daily_metrics AS d, today AS t
  WHERE d.org_id = backbone.current_org() AND d.metric = 'tier-distribution'
), stars AS MATERIALIZED (
  SELECT count(*) FILTER (WHERE id >= :week_id) AS now, count(*) FILTER (WHERE id < :week_id) AS before
  FROM insights.activity_events
  WHERE org_id = backbone.current_org() AND verb = 'earned_star' AND id >= :fortnight_id
), exported AS MATERIALIZED (
  SELECT count(*) FILTER (WHERE updated_at >= :week) AS now, count(*) FILTER (WHERE updated_at < :week) AS before
  FROM insights.exports WHERE org_id = backbone.current_org() AND state = 'failed' AND updated_at >= :fortnight
), reported AS MATERIALIZED (
  SELECT count(*) FILTER (WHERE completed_at >= :week) AS now, count(*) FILTER (WHERE completed_at < :week) AS before
  FROM insights.report_runs WHERE org_id = backbone.current_org() AND state = 'failed' AND completed_at >= :fortnight
), called AS MATERIALIZED (
  SELECT count(*) FILTER (WHERE created_at >= :week) AS now, count(*) FILTER (WHERE created_at < :week) AS before,
    count(*) FILTER (WHERE created_at >= :week AND outcome <> 'succeeded') AS failed_now,
    count(*) FILTER (WHERE created_at < :week AND outcome <> 'succeeded') AS failed_before
  FROM backbone.ai_runs WHERE org_id = backbone.current_org() AND created_at >= :fortnight
), delivered AS MATERIALIZED (
  SELECT count(*) FILTER (WHERE delivery_id >= :week_id) AS now,
    count(*) FILTER (WHERE delivery_id < :week_id) AS before
  FROM messaging.v_failed_deliveries WHERE delivery_id >= :fortnight_id
)
SELECT t.day, (SELECT time_zone FROM identity.v_organization) AS time_zone,
  e.ever AS enrolled, e.now AS enrolled_now, e.before AS enrolled_before,
  s.now AS stars_now, s.before AS stars_before, x.now AS exports_now, x.before AS exports_before,
  r.now AS reports_now, r.before AS reports_before, c.now AS calls_now, c.before AS calls_before, c.failed_now,
  c.failed_before, d.now AS deliveries_now, d.before AS deliveries_before,
  (SELECT count(*) FROM assessment.v_reviews_waiting) AS reviews,
  (SELECT count(*) FROM assessment.v_open_appeals) AS appeals,
  (SELECT jsonb_object_agg(k.day::text || ' ' || k.name, k.value) FROM insights.kpi_snapshots AS k
    WHERE k.org_id = backbone.current_org() AND k.name = ANY (:gauges) AND k.day IN (t.day, t.day - 1, t.day - 7)
  ) AS kept
FROM today AS t, enrolled AS e, stars AS s, exported AS x, reported AS r, called AS c, delivered AS d
"""
KEEP = f"""
INSERT INTO insights.kpi_snapshots (day, name, value)
SELECT {TODAY}, g.name, g.value FROM (
  SELECT 'active-learners' AS name, count(DISTINCT user_id) AS value FROM learning.v_enrollments
  WHERE progressed_at >= :week
  UNION ALL SELECT 'reviews-waiting', count(*) FROM assessment.v_reviews_waiting
  UNION ALL SELECT 'appeals-open', count(*) FROM assessment.v_open_appeals
) AS g ON CONFLICT DO NOTHING RETURNING 1
"""
FORGET = (
    "DELETE FROM insights.kpi_snapshots WHERE org_id = backbone.current_org() AND day < CAST(:before AS date)"
)
DUE = text("SELECT org_id FROM insights.kpis_due(:most)")


def numbers(session: Session, now: datetime) -> Row[Any]:
    """Everything that a dashboard counts, in one statement."""
    bounds: dict[str, datetime | UUID] = {
        "week": now - WEEK, "fortnight": now - 2 * WEEK, "week_id": first_id(now - WEEK),
        "fortnight_id": first_id(now - 2 * WEEK),
    }  # fmt: skip
    gauges = [kpi.value for kpi in GAUGES]
    return session.execute(text(NUMBERS), {"now": now, "gauges": gauges, **bounds}).one()


def keep(session: Session, now: datetime) -> int:
    """The gauges of the organization's day as they stand now, once a day; how many are new."""
    kept = session.execute(text(KEEP), {"now": now, "week": now - WEEK}).all()
    session.execute(text(FORGET), {"before": now - KEPT_DAYS * WEEK / 7})
    return len(kept)


def due(session: Session, *, most: int) -> Sequence[UUID]:
    """Organizations whose day has no figures yet: a transaction for nobody may ask."""
    return session.scalars(DUE, {"most": most}).all()

"""Every metric as one SQL statement on its owners' tables, written apart from the product: what rollups must equal.

`{dims}` is nothing, or the dimensions of a rollup; `:org` is the organization. Answered are key, numerator, denominator,
the sum of what is averaged, and over how many.
"""

from uuid import UUID

from sqlalchemy import text

from lodestar.db import work_for

ENROLLED = """
WITH v AS MATERIALIZED (
  SELECT version_id, count(*) AS possible FROM learning.stages GROUP BY version_id
), e AS (
  SELECT n.id, n.version_id, n.program_id, n.stars, n.created_at, coalesce(n.tier, 'none') AS tier,
    coalesce(n.background_id::text, 'none') AS background, (n.created_at AT TIME ZONE o.time_zone)::date AS day,
    CASE WHEN n.cohort_id IS NULL THEN to_char(n.created_at AT TIME ZONE o.time_zone, 'YYYY-MM')
      ELSE n.cohort_id::text END AS cohort, coalesce(v.possible, 0) AS possible
  FROM learning.enrollments AS n JOIN identity.organizations AS o ON o.id = n.org_id
  LEFT JOIN v ON v.version_id = n.version_id WHERE n.org_id = :org
)"""
BAND = "CASE WHEN {0} < 60 THEN '0' WHEN {0} < 80 THEN '60' ELSE '80' END"
GRADED = "a.state IN ('graded', 'decided')"
BEST = f"""
SELECT a.enrollment_id, max(a.score) AS best FROM assessment.attempts AS a
WHERE a.org_id = :org AND a.kind = '{{kind}}' AND {GRADED} GROUP BY a.enrollment_id"""
BANDS = f"""
SELECT {{{{dims}}}}{BAND.format("b.best")} AS key, count(*) AS numerator, count(*) AS denominator,
  sum(b.best) AS amount, count(*) AS counted
FROM e JOIN ({BEST}) AS b ON b.enrollment_id = e.id GROUP BY {{{{dims}}}}{BAND.format("b.best")}"""
DONE = """
SELECT {{dims}}{key} AS key, count(*) FILTER (WHERE e.possible > 0 AND e.stars >= e.possible) AS numerator,
  count(*) AS denominator, sum(e.stars) AS amount, count(*) AS counted
FROM e GROUP BY {{dims}}{key}"""
QUIZZES = f"""
SELECT e.*, q.mean, p.best FROM e JOIN (
  SELECT a.enrollment_id, round(avg(a.score), 2) AS mean FROM assessment.attempts AS a
  WHERE a.org_id = :org AND a.kind = 'quiz' AND {GRADED} GROUP BY a.enrollment_id
) AS q ON q.enrollment_id = e.id LEFT JOIN ({BEST.format(kind="project")}) AS p ON p.enrollment_id = e.id"""

RAW: dict[str, str] = {
    "star-acquisition": """
SELECT {dims}k::text AS key, count(a.id) AS numerator, count(*) AS denominator,
  coalesce(sum(greatest(0, floor(extract(epoch FROM a.created_at - e.created_at) / 86400))), 0) AS amount,
  count(a.id) AS counted
FROM e CROSS JOIN LATERAL generate_series(1, e.possible) AS k
LEFT JOIN learning.stage_awards AS a ON a.org_id = :org AND a.enrollment_id = e.id AND a.star = k
  AND a.superseded_by IS NULL
GROUP BY {dims}k""",
    "tier-distribution": """
SELECT {dims}e.tier AS key, count(*) AS numerator, count(*) AS denominator, 0 AS amount, 0 AS counted
FROM e GROUP BY {dims}e.tier""",
    "module-completion": """
SELECT {dims}m.id::text AS key, count(p.id) AS numerator, count(*) AS denominator, 0 AS amount, 0 AS counted
FROM e JOIN learning.modules AS m ON m.version_id = e.version_id
LEFT JOIN learning.module_progress AS p ON p.org_id = :org AND p.enrollment_id = e.id AND p.module_id = m.id
GROUP BY {dims}m.id""",
    "promotion-exams": f"""
SELECT {{dims}}t.target_tier AS key, count(*) FILTER (WHERE t.passed) AS numerator, count(*) AS denominator,
  0 AS amount, 0 AS counted
FROM e JOIN (
  SELECT a.enrollment_id, a.target_tier, bool_or(a.passed) AS passed FROM assessment.attempts AS a
  WHERE a.org_id = :org AND a.kind = 'promotion_exam' AND {GRADED} GROUP BY a.enrollment_id, a.target_tier
) AS t ON t.enrollment_id = e.id GROUP BY {{dims}}t.target_tier""",
    "project-quality": BANDS.format(kind="project").replace("{{dims}}", "{dims}"),
    "interview-performance": BANDS.format(kind="interview").replace("{{dims}}", "{dims}"),
    "cohort-comparison": DONE.format(key="e.cohort"),
    "completion-rates": DONE.format(key="e.program_id::text"),
    "quiz-effectiveness": f"""
SELECT {{dims}}{BAND.format("e.mean")} AS key, count(*) FILTER (WHERE e.best >= 80) AS numerator,
  count(*) AS denominator, coalesce(sum(e.best), 0) AS amount, count(e.best) AS counted
FROM ({QUIZZES}) AS e GROUP BY {{dims}}{BAND.format("e.mean")}""",
    "project-relevance": """
SELECT {dims}e.background AS key, count(*) FILTER (WHERE t.submitted) AS numerator, count(*) AS denominator,
  coalesce(sum(r.rating), 0) AS amount, count(r.rating) AS counted
FROM e JOIN (
  SELECT a.enrollment_id,
    bool_or(a.state IN ('submitted', 'grading', 'needs_review', 'graded', 'decided')) AS submitted
  FROM assessment.attempts AS a WHERE a.org_id = :org AND a.kind = 'project'
    AND a.state IN ('in_progress', 'submitted', 'grading', 'needs_review', 'graded', 'decided', 'expired')
  GROUP BY a.enrollment_id
) AS t ON t.enrollment_id = e.id LEFT JOIN (
  SELECT a.enrollment_id, round(avg(g.rating), 2) AS rating
  FROM assessment.attempt_ratings AS g JOIN assessment.attempts AS a ON a.id = g.attempt_id
  WHERE g.org_id = :org AND a.kind = 'project' GROUP BY a.enrollment_id
) AS r ON r.enrollment_id = e.id GROUP BY {dims}e.background""",
    "ai-quality": """
SELECT {dims}t.source AS key, count(*) FILTER (WHERE NOT t.corrected) AS numerator, count(*) AS denominator,
  0 AS amount, 0 AS counted
FROM e JOIN (
  SELECT a.enrollment_id, a.source, bool_or(a.state <> 'graded') AS corrected FROM assessment.attempts AS a
  WHERE a.org_id = :org AND a.source IS NOT NULL AND a.state IN ('graded', 'decided', 'needs_review', 'failed')
  GROUP BY a.enrollment_id, a.source
) AS t ON t.enrollment_id = e.id GROUP BY {dims}t.source""",
}
DIMENSIONS = "e.day, e.program_id, e.cohort, e.tier, "
WRONG = """
SELECT count(*) FROM ({raw}) AS r (day, program_id, cohort, tier, key, numerator, denominator, amount, counted)
FULL JOIN (
  SELECT * FROM insights.daily_metrics WHERE org_id = :org AND metric = '{metric}' AND key NOT LIKE '\\_%'
    AND (numerator, denominator, amount, counted) <> (0, 0, 0, 0)
) AS d USING (day, program_id, cohort, tier, key)
WHERE (r.numerator, r.denominator, r.amount, r.counted)
  IS DISTINCT FROM (d.numerator, d.denominator, d.amount, d.counted)
"""


def raw(metric: str, *, by_dimension: bool = False) -> str:
    """The metric's statement, over all or for every cell."""
    return ENROLLED + RAW[metric].format(dims=DIMENSIONS if by_dimension else "")


def wrong(metric: str) -> str:
    """How many cells of the rollups differ from the metric's own tables."""
    return ENROLLED + WRONG.format(raw=RAW[metric].format(dims=DIMENSIONS), metric=metric)


def differing(org_id: UUID) -> dict[str, int]:
    """Metrics whose rollups differ from the owners' tables, and in how many cells."""
    with work_for(org_id) as session:
        found = {name: session.scalar(text(wrong(name)), {"org": org_id}) for name in RAW}
    return {name: count for name, count in found.items() if count}

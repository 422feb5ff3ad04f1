"""Facts of learners on programs, read from what learning and assessment publish; the database rolls them up."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

GRADED = "state IN ('graded', 'decided')"
ENDED = "state IN ('graded', 'decided', 'needs_review', 'failed')"
CORRECTED = "state IN ('decided', 'needs_review', 'failed')"
SUBMITTED = "state IN ('submitted', 'grading', 'needs_review', 'graded', 'decided')"
BEGUN = "state NOT IN ('preparing', 'draft', 'failed')"
SOURCES = ("bank", "generic", "model", "person")
TARGETS = ("gold", "silver")
COLUMNS = (
    "learner_id", "program_id", "day", "cohort", "tier", "stars", "possible", "background", "star_days", "modules",
    "modules_done", "exams_taken", "exams_passed", "project_score", "interview_score", "quiz_score", "project_rating",
    "project_begun", "project_submitted", "sources", "sources_clean",
)  # fmt: skip


def _those(condition: str, words: Sequence[str]) -> str:
    """The words for which the condition on `{word}` holds, as an array."""
    each = (f"CASE WHEN {condition.format(word=word)} THEN '{word}' END" for word in words)
    return f"array_remove(ARRAY[{', '.join(each)}]::text[], NULL)"


COHORT = "coalesce(e.cohort_id::text, to_char(e.enrolled_at AT TIME ZONE o.time_zone, 'YYYY-MM'))"
"""The cohort of the enrollment, or the month of enrolment in the organization's zone: the one place that says so."""
EXAM = "kind = 'promotion_exam' AND target_tier = '{word}' AND "
CLEAN = f"bool_or(source = '{{word}}' AND {ENDED}) AND NOT bool_or(source = '{{word}}' AND {CORRECTED})"
STAR_DAYS = ", ".join(f"max(days) FILTER (WHERE star = {star})" for star in range(1, 6))
# Every part reads by the enrollments' own ids, so that a learner costs the same among a million; and in their order, so
# that the parts of a million are merged as their indexes give them, and nothing is sorted.
_READ = f"""
WITH page AS MATERIALIZED (
  SELECT e.enrollment_id, e.user_id, e.program_id, e.version_id, e.tier, e.stars, e.background_id, e.enrolled_at,
    (e.enrolled_at AT TIME ZONE o.time_zone)::date AS day, {COHORT} AS cohort
  FROM learning.v_enrollments AS e CROSS JOIN identity.v_organization AS o WHERE {{e_chosen}}
  ORDER BY e.enrollment_id
), versions AS MATERIALIZED (
  SELECT v.version_id, v.possible_stars,
    ARRAY(SELECT m.module_id FROM learning.v_modules AS m WHERE m.version_id = v.version_id ORDER BY 1) AS modules
  FROM learning.v_versions AS v WHERE v.version_id = ANY (ARRAY(SELECT DISTINCT version_id FROM page))
), earned AS (
  SELECT enrollment_id, ARRAY[{STAR_DAYS}] AS star_days FROM (
    SELECT a.enrollment_id, a.star, greatest(0, date_part('day', a.earned_at - p.enrolled_at))::integer AS days
    FROM page AS p JOIN learning.v_stage_awards AS a ON a.enrollment_id = p.enrollment_id
  ) AS awards GROUP BY enrollment_id
), done AS (
  SELECT m.enrollment_id, array_agg(m.module_id ORDER BY m.module_id) AS modules
  FROM learning.v_module_progress AS m WHERE {{m_chosen}} GROUP BY m.enrollment_id
), tried AS (
  SELECT a.enrollment_id,
    {_those("bool_or(" + EXAM + GRADED + ")", TARGETS)} AS exams_taken,
    {_those("bool_or(" + EXAM + GRADED + " AND passed)", TARGETS)} AS exams_passed,
    max(score) FILTER (WHERE kind = 'project' AND {GRADED}) AS project_score,
    max(score) FILTER (WHERE kind = 'interview' AND {GRADED}) AS interview_score,
    round(avg(score) FILTER (WHERE kind = 'quiz' AND {GRADED}), 2) AS quiz_score,
    bool_or(kind = 'project' AND {BEGUN}) AS project_begun,
    bool_or(kind = 'project' AND {SUBMITTED}) AS project_submitted,
    {_those("bool_or(source = '{word}' AND " + ENDED + ")", SOURCES)} AS sources,
    {_those(CLEAN, SOURCES)} AS sources_clean
  FROM assessment.v_attempts AS a WHERE {{a_chosen}} GROUP BY a.enrollment_id
), rated AS (
  SELECT p.enrollment_id, round(avg(r.rating), 2) AS rating
  FROM page AS p JOIN assessment.v_attempt_ratings AS r ON r.learner_id = p.user_id AND r.program_id = p.program_id
  WHERE r.kind = 'project' GROUP BY p.enrollment_id
)
SELECT p.enrollment_id, p.user_id AS learner_id, p.program_id, p.day, p.cohort, coalesce(p.tier, 'none') AS tier,
  p.stars, v.possible_stars AS possible, coalesce(p.background_id::text, 'none') AS background,
  coalesce(e.star_days, array_fill(NULL::integer, ARRAY[5])) AS star_days, v.modules,
  coalesce(d.modules, '{{{{}}}}') AS modules_done, coalesce(t.exams_taken, '{{{{}}}}') AS exams_taken,
  coalesce(t.exams_passed, '{{{{}}}}') AS exams_passed, t.project_score, t.interview_score, t.quiz_score,
  r.rating AS project_rating,
  coalesce(t.project_begun, false) AS project_begun, coalesce(t.project_submitted, false) AS project_submitted,
  coalesce(t.sources, '{{{{}}}}') AS sources, coalesce(t.sources_clean, '{{{{}}}}') AS sources_clean
FROM page AS p JOIN versions AS v ON v.version_id = p.version_id
LEFT JOIN earned AS e ON e.enrollment_id = p.enrollment_id
LEFT JOIN done AS d ON d.enrollment_id = p.enrollment_id
LEFT JOIN tried AS t ON t.enrollment_id = p.enrollment_id
LEFT JOIN rated AS r ON r.enrollment_id = p.enrollment_id
"""


def reading(condition: str) -> str:
    """The statement that reads the facts of those enrollments of whose id the condition, on `{id}`, holds."""
    e, m, a = (condition.format(id=f"{part}.enrollment_id") for part in "ema")
    return _READ.format(e_chosen=e, m_chosen=m, a_chosen=a)


NAMES = ", ".join(COLUMNS)
SETTLE = f"""
INSERT INTO insights.enrollment_facts AS f (enrollment_id, {NAMES})
SELECT enrollment_id, {NAMES} FROM ({reading("{id} = ANY (:ids)")}) AS found
ON CONFLICT (enrollment_id) DO UPDATE SET ({NAMES}) = ({", ".join(f"excluded.{name}" for name in COLUMNS)})
WHERE ({", ".join(f"f.{name}" for name in COLUMNS)})
  IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in COLUMNS)})
RETURNING 1
"""
# Two events of one learner are read one after the other, or the later writer could have read the earlier state; a
# rebuild has the organization to itself while it writes a page.
ONE = "SELECT pg_advisory_xact_lock_shared(7302, hashtext(:org)), pg_advisory_xact_lock(7303, hashtext(:enrollment))"


def settle_one(session: Session, enrollment_id: UUID, *, org_id: UUID) -> None:
    """The enrollment's facts, and with them the rollups, are what its owners publish of it now."""
    session.execute(text(ONE), {"org": str(org_id), "enrollment": str(enrollment_id)})
    session.execute(text(SETTLE), {"ids": [enrollment_id]})

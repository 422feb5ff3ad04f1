"""Queries of learners' progress, over what learning, assessment and identity publish."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select, text
from sqlalchemy.orm import Session

from insights.models.enrolled import Enrolled
from insights.schemas.learners import LearnerFilters

MOST_PROGRAMS = 100
NAMED = "learning.v_enrollments.user_id = ANY (ARRAY(SELECT user_id FROM identity.members_matching(:words)))"
"""An array counts as few: to a set of rows the planner prefers reading everybody in the list's order."""
GRADED = "state IN ('graded', 'decided')"

# Each part reads by the ids of the page: none may begin with all that an organization has.
FACTS = f"""
WITH page AS MATERIALIZED (
  SELECT enrollment_id, user_id, version_id, background_id, cohort_id FROM learning.v_enrollments
  WHERE enrollment_id = ANY (:ids)
), versions AS MATERIALIZED (
  SELECT version_id, title, number, possible_stars, modules FROM learning.v_versions
  WHERE version_id = ANY (ARRAY(SELECT DISTINCT version_id FROM page))
), people AS MATERIALIZED (
  SELECT user_id, display_name, email FROM identity.v_members
  WHERE user_id = ANY (ARRAY(SELECT DISTINCT user_id FROM page))
), done AS MATERIALIZED (
  SELECT enrollment_id, count(*) AS modules FROM learning.v_module_progress
  WHERE enrollment_id = ANY (:ids) GROUP BY enrollment_id
), earned AS MATERIALIZED (
  SELECT enrollment_id, array_agg(star ORDER BY star) AS stars, array_agg(earned_at ORDER BY star) AS at
  FROM learning.v_stage_awards WHERE enrollment_id = ANY (:ids) GROUP BY enrollment_id
), tried AS MATERIALIZED (
  SELECT enrollment_id,
    max(score) FILTER (WHERE kind = 'project' AND {GRADED})::float8 AS best_project_score,
    max(score) FILTER (WHERE kind = 'interview' AND {GRADED})::float8 AS best_interview_score,
    count(*) FILTER (WHERE kind = 'promotion_exam' AND {GRADED}) AS promotion_exams_taken,
    count(*) FILTER (WHERE kind = 'promotion_exam' AND {GRADED} AND passed) AS promotion_exams_passed,
    count(*) FILTER (WHERE kind = 'quiz' AND {GRADED} AND passed) AS quizzes_passed,
    count(*) FILTER (WHERE state = 'needs_review') AS waiting_for_review
  FROM assessment.v_attempts WHERE enrollment_id = ANY (:ids) GROUP BY enrollment_id
)
SELECT p.enrollment_id, m.display_name, m.email, v.title AS program_title, v.number AS program_version,
  v.possible_stars, v.modules AS modules_total, least(coalesce(d.modules, 0), v.modules) AS modules_completed,
  b.title AS background_title, c.title AS cohort_title,
  coalesce(e.stars, '{{}}') AS earned_stars, coalesce(e.at, '{{}}') AS earned_at,
  t.best_project_score, t.best_interview_score,
  coalesce(t.promotion_exams_taken, 0) AS promotion_exams_taken,
  coalesce(t.promotion_exams_passed, 0) AS promotion_exams_passed,
  coalesce(t.quizzes_passed, 0) AS quizzes_passed, coalesce(t.waiting_for_review, 0) AS waiting_for_review
FROM page AS p JOIN versions AS v ON v.version_id = p.version_id
LEFT JOIN people AS m ON m.user_id = p.user_id
LEFT JOIN assessment.v_background_titles AS b ON b.background_id = p.background_id
LEFT JOIN learning.v_cohorts AS c ON c.cohort_id = p.cohort_id
LEFT JOIN done AS d ON d.enrollment_id = p.enrollment_id
LEFT JOIN earned AS e ON e.enrollment_id = p.enrollment_id
LEFT JOIN tried AS t ON t.enrollment_id = p.enrollment_id
"""
STAGES = """
SELECT e.enrollment_id, s.star, s.kind, s.title, a.earned_at, coalesce(a.by_override, false) AS by_override
FROM learning.v_enrollments AS e JOIN learning.v_stages AS s ON s.version_id = e.version_id
LEFT JOIN learning.v_stage_awards AS a ON a.enrollment_id = e.enrollment_id AND a.star = s.star
WHERE e.enrollment_id = ANY (:ids) ORDER BY s.star
"""
MODULES = """
SELECT a.enrollment_id, a.module_id, a.kind, a.title, a.required_star + 1 AS star, NOT a.open AS locked, a.reason,
  p.completed_at
FROM learning.v_module_access AS a
LEFT JOIN learning.v_module_progress AS p ON p.enrollment_id = a.enrollment_id AND p.module_id = a.module_id
WHERE a.enrollment_id = ANY (:ids) ORDER BY a.required_star, a.title, a.module_id
"""
TIERS = """
SELECT enrollment_id, old_tier AS old, new_tier AS new, cause, star, changed_at FROM learning.v_tier_changes
WHERE enrollment_id = ANY (:ids) ORDER BY sequence
"""
ATTEMPTS = f"""
SELECT enrollment_id, kind, count(*) AS attempts, count(*) FILTER (WHERE {GRADED} AND passed) AS passed,
  max(score) FILTER (WHERE {GRADED})::float8 AS best_score, max(created_at) AS last_at
FROM assessment.v_attempts WHERE enrollment_id = ANY (:ids) GROUP BY enrollment_id, kind ORDER BY kind
"""


def matching(filters: LearnerFilters) -> Select[Enrolled]:
    """The organization's enrollments for which every filter holds."""
    statement = select(Enrolled)
    exact = {
        Enrolled.program_id: filters.program_id,
        Enrolled.stars: filters.star,
        Enrolled.tier: filters.tier,
        Enrolled.status: filters.status,
        Enrolled.background_id: filters.background_id,
        Enrolled.cohort_id: filters.cohort_id,
    }
    for column, value in exact.items():
        statement = statement if value is None else statement.where(column == value)
    if filters.q is not None:
        statement = statement.where(text(NAMED).bindparams(words=filters.q))
    return statement


def of_learner(session: Session, learner_id: UUID) -> Sequence[Enrolled]:
    """A learner's enrollments in the organization, newest first."""
    statement = select(Enrolled).where(Enrolled.user_id == learner_id)
    return session.scalars(statement.order_by(Enrolled.enrollment_id.desc()).limit(MOST_PROGRAMS)).all()


def facts(session: Session, enrollment_ids: Sequence[UUID]) -> dict[UUID, Row[Any]]:
    """What else is known of each enrollment: the person, the program, what was done and earned."""
    found = session.execute(text(FACTS), {"ids": list(enrollment_ids)})
    return {row.enrollment_id: row for row in found}


def parts(session: Session, query: str, enrollment_ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """The rows of one of this module's queries, by enrollment."""
    found: dict[UUID, list[dict[str, Any]]] = {enrollment_id: [] for enrollment_id in enrollment_ids}
    for row in session.execute(text(query), {"ids": list(enrollment_ids)}):
        fields = row._asdict()
        found[fields.pop("enrollment_id")].append(fields)
    return found

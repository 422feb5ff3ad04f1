"""Queries of activity events."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from insights.models.activity import ActivityEvent

# An event that comes late finds nobody when the person was erased meanwhile, and leaves nothing behind. Work that was
# handed in is told again when a crash kept it from being graded (index `activity_handed_in`).
ADD = """
INSERT INTO insights.activity_events (id, occurred_at, verb, object_type, object_id, learner_id, enrollment_id,
  program_id, result, context)
SELECT :id, :occurred_at, :verb, :object_type, :object_id, n.learner_id, n.enrollment_id,
  coalesce(e.program_id, CAST(:program AS uuid)), CAST(:result AS jsonb), CAST(:context AS jsonb)
FROM (
  SELECT coalesce(CAST(:learner AS uuid), a.learner_id) AS learner_id,
    coalesce(CAST(:enrollment AS uuid), a.enrollment_id) AS enrollment_id
  FROM (SELECT 1) AS one LEFT JOIN assessment.v_attempts AS a ON a.attempt_id = CAST(:attempt AS uuid)
) AS n LEFT JOIN learning.v_enrollments AS e ON e.enrollment_id = n.enrollment_id AND e.user_id = n.learner_id
WHERE e.enrollment_id IS NOT NULL
  OR EXISTS (SELECT FROM identity.v_members AS m WHERE m.user_id = n.learner_id)
ON CONFLICT DO NOTHING
RETURNING enrollment_id
"""
NAMES = """
SELECT user_id AS id, display_name AS name FROM identity.v_members WHERE user_id = ANY (:people)
UNION ALL SELECT program_id, title FROM learning.v_program_titles WHERE program_id = ANY (:programs)
"""


def add(session: Session, values: Mapping[str, Any]) -> UUID | None:
    """Note the event, once; answers the enrollment that it is about, if it is about one that is there."""
    row = session.execute(text(ADD), dict(values)).one_or_none()
    found: UUID | None = row.enrollment_id if row else None
    return found


def events(*, learner_id: UUID | None, verb: str | None, program_id: UUID | None) -> Select[ActivityEvent]:
    """The organization's for which all that is given holds."""
    statement = select(ActivityEvent).where(ActivityEvent.org_id == func.backbone.current_org())
    given = {
        ActivityEvent.learner_id: learner_id,
        ActivityEvent.verb: verb,
        ActivityEvent.program_id: program_id,
    }
    for column, value in given.items():
        statement = statement if value is None else statement.where(column == value)
    return statement


def names(session: Session, *, people: set[UUID], programs: set[UUID]) -> dict[UUID, str]:
    """Of the people who are members, and of the programs that are to be seen."""
    found = session.execute(text(NAMES), {"people": list(people), "programs": list(programs)})
    return {row.id: row.name for row in found}

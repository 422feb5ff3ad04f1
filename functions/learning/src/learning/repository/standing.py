"""The modules of many enrollments, and whether promotion is on offer, in one statement."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

MODULES = """
SELECT a.enrollment_id, a.module_id, a.kind, a.title, a.required_star, a.open, a.reason, p.completed_at,
       o.enrollment_id IS NOT NULL AS offered
FROM learning.v_module_access AS a JOIN learning.modules AS m ON m.version_id = a.version_id AND m.id = a.module_id
LEFT JOIN learning.module_progress AS p ON p.enrollment_id = a.enrollment_id AND p.module_id = a.module_id
LEFT JOIN learning.v_promotion_eligibility AS o ON o.enrollment_id = a.enrollment_id
WHERE a.enrollment_id = ANY (:ids) ORDER BY a.enrollment_id, a.required_star, m.position, m.id
"""


def modules_of(session: Session, enrollment_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Every module of these enrollments, in order; `offered` tells of a promotion exam that may be taken now."""
    return session.execute(text(MODULES), {"ids": list(enrollment_ids)}).all()

"""The modules and offers of many enrollments at once: one statement each."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

MODULES = """
SELECT a.enrollment_id, a.module_id, a.kind, a.title, a.required_star, a.open, a.reason, p.completed_at
FROM learning.v_module_access AS a JOIN learning.modules AS m ON m.version_id = a.version_id AND m.id = a.module_id
LEFT JOIN learning.module_progress AS p ON p.enrollment_id = a.enrollment_id AND p.module_id = a.module_id
WHERE a.enrollment_id = ANY (:ids) ORDER BY a.enrollment_id, a.required_star, m.position, m.id
"""
OFFERS = "SELECT enrollment_id FROM learning.v_promotion_eligibility WHERE enrollment_id = ANY (:ids)"


def modules_of(session: Session, enrollment_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Every module of these enrollments, in order."""
    return session.execute(text(MODULES), {"ids": list(enrollment_ids)}).all()


def with_offers(session: Session, enrollment_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the enrollments that may take a promotion exam now."""
    return set(session.scalars(text(OFFERS), {"ids": list(enrollment_ids)}))

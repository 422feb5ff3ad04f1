"""What happened on a learner's way, and which nudges they put away."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from learning.models.enrollments import Enrollment
from learning.models.nudges import DismissedNudge
from learning.models.programs import Program, ProgramVersion
from learning.repository.enrollments import shown
from lodestar.principal import Principal

MILESTONES = """
SELECT 'star' AS kind, enrollment_id, created_at AS at, star, NULL AS tier FROM learning.stage_awards
WHERE enrollment_id = ANY (:ids) AND superseded_by IS NULL
UNION ALL
SELECT 'tier', enrollment_id, created_at, star, new_tier FROM learning.tier_changes WHERE enrollment_id = ANY (:ids)
UNION ALL
SELECT 'enrolled', id, created_at, 0, NULL FROM learning.enrollments WHERE id = ANY (:ids)
UNION ALL
SELECT 'completed', id, completed_at, stars, NULL FROM learning.enrollments
WHERE id = ANY (:ids) AND completed_at IS NOT NULL
ORDER BY at DESC, kind LIMIT 100
"""


def own(session: Session, principal: Principal) -> Sequence[Any]:
    """(enrollment, program, version) of the caller's own, newest first; at most 100."""
    statement: Select[Any] = _enrolled(principal)
    return session.execute(statement.order_by(Enrollment.id.desc()).limit(100)).all()


def _enrolled(principal: Principal) -> Any:
    return (
        select(Enrollment, Program, ProgramVersion)
        .join(Program, Program.id == Enrollment.program_id)
        .join(ProgramVersion, ProgramVersion.id == Enrollment.version_id)
        .where(
            Enrollment.org_id == principal.org_id,
            Enrollment.learner_id == principal.user_id,
            shown(),
        )
    )


def milestones(session: Session, enrollment_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """The newest 100, newest first."""
    return session.execute(text(MILESTONES), {"ids": list(enrollment_ids)}).all()


def offers(session: Session, enrollment_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The tier of the promotion on offer, by enrollment."""
    query = "SELECT enrollment_id, target_tier FROM learning.v_promotion_eligibility WHERE enrollment_id = ANY (:ids)"
    rows = session.execute(text(query), {"ids": list(enrollment_ids)})
    return {row.enrollment_id: row.target_tier for row in rows}


def dismissed(session: Session, principal: Principal) -> set[UUID]:
    """The ids of nudges that the caller put away."""
    statement = select(DismissedNudge.id).where(
        DismissedNudge.org_id == principal.org_id, DismissedNudge.learner_id == principal.user_id
    )
    return set(session.scalars(statement))


def dismiss(session: Session, **values: Any) -> None:
    """Put a nudge away; a second time changes nothing."""
    session.execute(insert(DismissedNudge).values(**values).on_conflict_do_nothing())

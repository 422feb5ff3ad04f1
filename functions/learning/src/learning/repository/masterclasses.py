"""Masterclasses, as those who run the program have them, and as learners do."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, select, text
from sqlalchemy.orm import Session

from learning.models.enrollments import Enrollment
from learning.models.masterclasses import Masterclass, MasterclassCompletion
from learning.models.programs import Stage
from learning.repository import taught
from lodestar.contracts.learning import ModuleKind
from lodestar.db import principal_of
from lodestar.principal import Principal

COUNTS = """
SELECT grouping(e.tier) = 1 AS all_tiers, e.tier, count(*) AS enrollments, count(p.asset_id) AS started,
  count(c.id) AS completions,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY 100.0 * p.covered_ms / p.duration_ms) AS median_coverage
FROM learning.enrollments AS e
LEFT JOIN media.v_playbacks AS p ON p.learner_id = e.learner_id AND p.asset_id = CAST(:asset AS uuid)
LEFT JOIN learning.masterclass_completions AS c ON c.enrollment_id = e.id AND c.masterclass_id = :talk
WHERE e.org_id = backbone.current_org() AND e.program_id = :program
GROUP BY GROUPING SETS ((), (e.tier)) ORDER BY all_tiers DESC, array_position(ARRAY['bronze', 'silver', 'gold'], e.tier)
"""


def own(session: Session) -> Select[Masterclass]:
    """The organization's masterclasses that are not deleted."""
    return select(Masterclass).where(
        Masterclass.org_id == principal_of(session).org_id, Masterclass.deleted_at.is_(None)
    )


def counts(session: Session, talk: Masterclass) -> Sequence[Row[Any]]:
    """The organization's learners on the program, those who began the talk and those who completed it: a row for all
    of them, and one a tier."""
    parameters = {"program": talk.program_id, "talk": talk.id, "asset": talk.asset_id}
    return session.execute(text(COUNTS), parameters).all()


def of_learner(principal: Principal, enrollment_id: UUID | None = None) -> Select[Any]:
    """(masterclass, enrollment, stage, completed_at): all that are active, whatever the tier (JR-28)."""
    statement = (
        select(Masterclass, Enrollment, Stage, MasterclassCompletion.completed_at)
        .join(Enrollment, Enrollment.program_id == Masterclass.program_id)
        .join(
            Stage, and_(Stage.version_id == Enrollment.version_id, Stage.kind == ModuleKind.MASTERCLASS.value)
        )
        .outerjoin(
            MasterclassCompletion,
            and_(
                MasterclassCompletion.enrollment_id == Enrollment.id,
                MasterclassCompletion.masterclass_id == Masterclass.id,
            ),
        )
        .where(Masterclass.active, Masterclass.deleted_at.is_(None))
    )
    return taught.restrict(statement, principal, enrollment_id)

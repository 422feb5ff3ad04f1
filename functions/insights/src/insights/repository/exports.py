"""Queries of exports, and the learners that go into one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from insights.models.enrolled import Enrolled
from insights.models.exports import Export
from insights.repository import learners
from insights.schemas.learners import LearnerFilters
from lodestar.db import principal_of
from lodestar.leases import OPEN

KNOWN = """
SELECT (CAST(:program AS uuid) IS NULL
    OR EXISTS (SELECT FROM learning.v_versions WHERE program_id = CAST(:program AS uuid)))
  AND (CAST(:background AS uuid) IS NULL
    OR EXISTS (SELECT FROM assessment.v_background_titles WHERE background_id = CAST(:background AS uuid)))
  AND (CAST(:cohort AS uuid) IS NULL
    OR EXISTS (SELECT FROM learning.v_cohorts WHERE cohort_id = CAST(:cohort AS uuid)))
"""


def exports(*, state: str | None, requested_by: UUID | None = None) -> Select[Export]:
    """The organization's; with `requested_by`, that person's."""
    statement = select(Export).where(Export.org_id == func.backbone.current_org())
    statement = statement.where(Export.requested_by == requested_by) if requested_by else statement
    return statement.where(Export.state == state) if state else statement


def export_of(session: Session, export_id: UUID, *, lock: bool = False) -> Export | None:
    """One of the organization's; with `lock`, for a change."""
    statement = select(Export).where(Export.id == export_id, Export.org_id == principal_of(session).org_id)
    return session.scalar(statement.with_for_update() if lock else statement)


def is_known(session: Session, filters: LearnerFilters) -> bool:
    """Whether the organization has the program, the background and the cohort that are named."""
    named = {
        "program": filters.program_id,
        "background": filters.background_id,
        "cohort": filters.cohort_id,
    }
    return not any(named.values()) or bool(session.scalar(text(KNOWN), named))


def add(session: Session, values: dict[str, Any]) -> Export | None:
    """The new one; None when the same person has the same one open. A concurrent twin waits for the first."""
    return session.scalar(insert(Export).values(values).on_conflict_do_nothing().returning(Export))


def open_one(session: Session, wish: Mapping[str, Any]) -> Export | None:
    """The one of that wish that is being made."""
    statement = select(Export).where(Export.org_id == principal_of(session).org_id, Export.state.in_(OPEN))
    for column, value in wish.items():
        statement = statement.where(getattr(Export, column).is_not_distinct_from(value))
    return session.scalar(statement)


def count(session: Session, filters: LearnerFilters) -> int:
    """How many learners there are for it."""
    statement = select(func.count()).select_from(learners.matching(filters).subquery())
    return session.scalar(statement) or 0


def part(session: Session, filters: LearnerFilters, *, after: UUID | None, most: int) -> Sequence[Enrolled]:
    """The next learners, in the order in which they were enrolled."""
    statement = learners.matching(filters)
    if after is not None:
        statement = statement.where(Enrolled.enrollment_id > after)
    return session.scalars(statement.order_by(Enrolled.enrollment_id).limit(most)).all()


def forget(session: Session, at: datetime) -> None:
    """The organization has no file any more, searched for nobody's name, and begins anew what is being made."""
    statements = (
        """UPDATE insights.exports SET storage_key = NULL, filters = filters - 'q', expires_at = least(expires_at, :at)
           WHERE org_id = backbone.current_org() AND state IN ('completed', 'failed')""",
        """UPDATE insights.exports SET state = 'pending', run_id = NULL
           WHERE org_id = backbone.current_org() AND state = 'running'""",
    )
    for statement in statements:
        session.execute(text(statement), {"at": at})

"""The items of a lesson."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, delete, func, select
from sqlalchemy.orm import Session

from assessment.models.assessments import Assessment
from assessment.models.items import Item, ItemLessonLink
from lodestar.contracts.assessment import AssessmentKind
from lodestar.db import principal_of


def of_lesson(session: Session, lesson_id: UUID) -> Sequence[Row[ItemLessonLink, Item]]:
    """The links that the caller's organization made, in order, with their items."""
    statement = (
        select(ItemLessonLink, Item)
        .join(Item, (Item.org_id == ItemLessonLink.org_id) & (Item.id == ItemLessonLink.item_id))
        .where(ItemLessonLink.lesson_id == lesson_id, ItemLessonLink.org_id == principal_of(session).org_id)
        .order_by(ItemLessonLink.position, ItemLessonLink.id)
    )
    return session.execute(statement).all()


def count_own(session: Session, item_ids: list[UUID]) -> int:
    """How many of these items the caller's organization has."""
    own = select(func.count()).where(Item.id.in_(item_ids), Item.org_id == principal_of(session).org_id)
    return session.scalar(own) or 0


def own_items(session: Session, item_ids: list[UUID]) -> dict[UUID, Item]:
    """Those of these items that the caller's organization has."""
    own = select(Item).where(Item.id.in_(item_ids), Item.org_id == principal_of(session).org_id)
    return {item.id: item for item in session.scalars(own)}


def quiz_of(session: Session, module_id: UUID) -> Assessment | None:
    """The quiz of the module, by the caller's organization."""
    return session.scalar(
        select(Assessment).where(
            Assessment.org_id == principal_of(session).org_id,
            Assessment.module_id == module_id,
            Assessment.kind == AssessmentKind.QUIZ,
        )
    )


def remove_all(session: Session, lesson_id: UUID) -> None:
    """Take every item of the caller's organization out of the lesson."""
    own = (ItemLessonLink.lesson_id == lesson_id, ItemLessonLink.org_id == principal_of(session).org_id)
    session.execute(delete(ItemLessonLink).where(*own))

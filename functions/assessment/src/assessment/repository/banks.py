"""What banks and lessons offer to ask."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from assessment.models.items import Item, ItemLessonLink


def active_items(session: Session, bank_id: UUID | None) -> Sequence[Item]:
    """The bank's items in use, oldest first; at most 500. No bank has none."""
    if bank_id is None:
        return []
    statement = select(Item).where(Item.bank_id == bank_id, Item.active).order_by(Item.id).limit(500)
    return session.scalars(statement).all()


def lesson_items(session: Session, lesson_id: UUID, *, owner_id: UUID) -> Sequence[Row[str, Item]]:
    """The items in use that the content's owner linked to the lesson, in order, each with its role."""
    statement = (
        select(ItemLessonLink.role, Item)
        .join(Item, (Item.org_id == ItemLessonLink.org_id) & (Item.id == ItemLessonLink.item_id))
        .where(ItemLessonLink.lesson_id == lesson_id, ItemLessonLink.org_id == owner_id, Item.active)
        .order_by(ItemLessonLink.position, ItemLessonLink.id)
    )
    return session.execute(statement).all()

"""Which items a lesson's quiz always asks, and which it falls back to (JR-23)."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from assessment.models.items import ItemLessonLink
from assessment.repository import lesson_items as repository
from assessment.schemas.items import LessonItemsWrite
from lodestar.contracts import learning
from lodestar.problems import NotFound


def read(session: Session, lesson_id: UUID) -> dict[str, Any]:
    """The lesson's items in order. Raises `NotFound` when the organization did not write the lesson."""
    if not learning.has_written(session, "lesson", lesson_id):
        raise NotFound()
    items = [
        {
            "item_id": item.id,
            "role": link.role,
            "position": link.position,
            "stem": item.stem,
            "difficulty": item.difficulty,
            "active": item.active,
        }
        for link, item in repository.of_lesson(session, lesson_id)
    ]
    return {"lesson_id": lesson_id, "items": items}


def replace(session: Session, lesson_id: UUID, body: LessonItemsWrite) -> dict[str, Any]:
    """Link exactly these items, in this order. Raises `NotFound` for a lesson or an item that is not theirs."""
    if not learning.has_written(session, "lesson", lesson_id):
        raise NotFound()
    ids = [entry.item_id for entry in body.items]
    if repository.count_own(session, ids) < len(ids):
        raise NotFound("One of the items is not in your organization's banks.")
    repository.remove_all(session, lesson_id)
    session.add_all(
        ItemLessonLink(lesson_id=lesson_id, item_id=entry.item_id, role=entry.role, position=at)
        for at, entry in enumerate(body.items)
    )
    session.flush()
    return read(session, lesson_id)

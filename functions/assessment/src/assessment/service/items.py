"""Items and their banks."""

from uuid import UUID

from sqlalchemy.orm import Session

from assessment.models.items import Item, ItemBank
from assessment.schemas.items import ItemCreate, ItemPatch, one_right_answer
from assessment.service import content
from lodestar.db import expect_version
from lodestar.problems import InvalidContent


def create_item(session: Session, body: ItemCreate) -> Item:
    """A new item in one of the organization's banks. Raises `NotFound`."""
    content.get(session, ItemBank, body.bank_id)
    return content.create(session, Item(**body.model_dump()))


def change_item(session: Session, item_id: UUID, body: ItemPatch, *, if_match: int | None) -> Item:
    """Change an item, which must go on having exactly one right answer. Raises `InvalidContent`."""
    item = content.get(session, Item, item_id)
    options = item.options if body.options is None else body.options
    try:
        one_right_answer(options, item.answer if body.answer is None else body.answer)
    except ValueError as error:
        raise InvalidContent(f"{error}.".capitalize()) from None
    return content.change(session, item, body, if_match=if_match)


def delete_item(session: Session, item_id: UUID, *, if_match: int | None) -> None:
    """Remove an item from its bank and its lessons; attempts keep their copy. Raises `NotFound`."""
    item = content.get(session, Item, item_id)
    expect_version(item, if_match)
    session.delete(item)

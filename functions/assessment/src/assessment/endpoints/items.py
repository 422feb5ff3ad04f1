"""/v1/assessment/items - single-choice items and their answers, for staff."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from assessment.models.items import Item
from assessment.schemas.items import ItemCreate, ItemPatch, ItemRead
from assessment.service import content
from assessment.service import items as service
from lodestar.api import (
    APIRouter,
    IfMatch,
    Paging,
    ReadSession,
    Staff,
    WriteSession,
    lambda_handler,
    problems,
)
from lodestar.pagination import Page, PageOf
from lodestar.problems import Conflict, NotFound, StaleVersion

router = APIRouter(tags=["assessment"])


@router.get(
    "/v1/assessment/items",
    summary="List items",
    response_model=PageOf[ItemRead],
    responses=problems(NotFound),
)
def list_items(
    _caller: Staff,
    session: ReadSession,
    page: Paging,
    *,
    bank_id: UUID | None = None,
    key: Annotated[str | None, Query(max_length=100)] = None,
    active: bool | None = None,
) -> Page[Item]:
    """The organization's items, newest first."""
    return content.list_own(session, Item, page, bank_id=bank_id, key=key, active=active)


@router.post(
    "/v1/assessment/items",
    summary="Add an item",
    status_code=201,
    response_model=ItemRead,
    responses=problems(NotFound, Conflict),
)
def create_item(body: ItemCreate, _caller: Staff, session: WriteSession) -> Item:
    """`key` is unique in its bank; the same again is a conflict."""
    return service.create_item(session, body)


@router.get(
    "/v1/assessment/items/{item_id}",
    summary="Read an item",
    response_model=ItemRead,
    responses=problems(NotFound),
)
def read_item(item_id: UUID, _caller: Staff, session: ReadSession) -> Item:
    """One item with its answer."""
    return content.get(session, Item, item_id)


@router.patch(
    "/v1/assessment/items/{item_id}",
    summary="Change an item",
    response_model=ItemRead,
    responses=problems(NotFound, StaleVersion),
)
def change_item(
    item_id: UUID, body: ItemPatch, _caller: Staff, session: WriteSession, if_match: IfMatch
) -> Item:
    """Attempts already made keep what they asked."""
    return service.change_item(session, item_id, body, if_match=if_match)


@router.delete(
    "/v1/assessment/items/{item_id}",
    summary="Delete an item",
    status_code=204,
    responses=problems(NotFound, StaleVersion),
)
def delete_item(item_id: UUID, _caller: Staff, session: WriteSession, if_match: IfMatch) -> None:
    """It leaves its bank and its lessons; attempts already made keep their copy."""
    service.delete_item(session, item_id, if_match=if_match)


handler = lambda_handler(router)

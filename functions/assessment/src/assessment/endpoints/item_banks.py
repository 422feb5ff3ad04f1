"""/v1/assessment/item-banks - staff's banks of items."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from assessment.models.items import ItemBank
from assessment.schemas.items import ItemBankCreate, ItemBankPatch, ItemBankRead
from assessment.service import content
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
    "/v1/assessment/item-banks",
    summary="List the item banks",
    response_model=PageOf[ItemBankRead],
    responses=problems(NotFound),
)
def list_item_banks(
    _caller: Staff,
    session: ReadSession,
    page: Paging,
    key: Annotated[str | None, Query(max_length=100)] = None,
) -> Page[ItemBank]:
    """The organization's banks, newest first; `key` finds one by its natural key."""
    return content.list_own(session, ItemBank, page, key=key)


@router.post(
    "/v1/assessment/item-banks",
    summary="Add an item bank",
    status_code=201,
    response_model=ItemBankRead,
    responses=problems(Conflict),
)
def create_item_bank(body: ItemBankCreate, _caller: Staff, session: WriteSession) -> ItemBank:
    """`key` is unique in the organization; the same again is a conflict."""
    return content.create(session, ItemBank(**body.model_dump()))


@router.get(
    "/v1/assessment/item-banks/{bank_id}",
    summary="Read an item bank",
    response_model=ItemBankRead,
    responses=problems(NotFound),
)
def read_item_bank(bank_id: UUID, _caller: Staff, session: ReadSession) -> ItemBank:
    """One bank; its items are listed by `/v1/assessment/items?bank_id=`."""
    return content.get(session, ItemBank, bank_id)


@router.patch(
    "/v1/assessment/item-banks/{bank_id}",
    summary="Change an item bank",
    response_model=ItemBankRead,
    responses=problems(NotFound, StaleVersion),
)
def change_item_bank(
    bank_id: UUID, body: ItemBankPatch, _caller: Staff, session: WriteSession, if_match: IfMatch
) -> ItemBank:
    """Change title or description."""
    return content.change(session, content.get(session, ItemBank, bank_id), body, if_match=if_match)


handler = lambda_handler(router)

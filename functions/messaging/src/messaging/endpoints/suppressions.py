"""/v1/messaging/suppressions - addresses to which nothing goes any more."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from lodestar.api import APIRouter, Paging, ReadSession, Staff, WriteSession, lambda_handler, problems
from lodestar.pagination import Page, PageOf
from lodestar.problems import NotFound
from messaging.models.suppressions import Suppression
from messaging.schemas.wishes import ByAddress, Reason, SuppressionCreate, SuppressionRead
from messaging.service import wishes as service

router = APIRouter(tags=["messaging"])


@router.get(
    "/v1/messaging/suppressions",
    summary="List suppressed addresses",
    response_model=PageOf[SuppressionRead],
    responses=problems(),
)
def list_suppressions(
    _caller: Staff,
    session: ReadSession,
    page: Paging,
    *,
    channel: ByAddress | None = None,
    address: Annotated[str | None, Query(max_length=300)] = None,
    reason: Reason | None = None,
) -> Page[Suppression]:
    """Newest first."""
    return service.list_suppressions(session, page, channel=channel, address=address, reason=reason)


@router.post(
    "/v1/messaging/suppressions",
    summary="Suppress an address",
    status_code=201,
    response_model=SuppressionRead,
    responses=problems(),
)
def suppress_address(body: SuppressionCreate, caller: Staff, session: WriteSession) -> Suppression:
    """Doing it twice makes one."""
    return service.suppress(session, caller, body)


@router.delete(
    "/v1/messaging/suppressions/{suppression_id}",
    summary="Send to an address again",
    status_code=204,
    responses=problems(NotFound),
)
def lift_suppression(suppression_id: UUID, _caller: Staff, session: WriteSession) -> None:
    """Only where the recipient wants it, or the address works again."""
    service.lift(session, suppression_id)


handler = lambda_handler(router)

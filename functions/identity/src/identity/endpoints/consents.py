"""/v1/identity/consents - what the caller consented to, on reading which notice."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from identity.models.consents import Consent
from identity.schemas.consents import ConsentCreate, ConsentPurpose, ConsentRead
from identity.service import consents as service
from lodestar.api import APIRouter, Caller, Paging, ReadSession, WriteSession, lambda_handler
from lodestar.pagination import Page, PageOf

router = APIRouter(tags=["identity"])


@router.get("/v1/identity/consents", summary="List consents", response_model=PageOf[ConsentRead])
def list_consents(
    caller: Caller,
    session: ReadSession,
    page: Paging,
    user_id: Annotated[UUID | None, Query(description="For staff: whose; by default one's own")] = None,
) -> Page[Consent]:
    """One's own, withdrawn ones too, newest first. Staff see what a person consented to, and nothing else of them here."""
    return service.list_consents(session, caller, page, user_id=user_id)


@router.post(
    "/v1/identity/consents", summary="Consent to a purpose", status_code=201, response_model=ConsentRead
)
def give_consent(body: ConsentCreate, caller: Caller, session: WriteSession) -> Consent:
    """Given again, the standing consent is answered; to another version of the notice, a new one takes its place."""
    return service.give(session, caller, body)


@router.delete("/v1/identity/consents/{purpose}", summary="Withdraw a consent", status_code=204)
def withdraw_consent(purpose: ConsentPurpose, caller: Caller, session: WriteSession) -> None:
    """What relies on it stops."""
    service.withdraw(session, caller, purpose)


handler = lambda_handler(router)

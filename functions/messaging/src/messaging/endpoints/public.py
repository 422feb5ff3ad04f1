"""/v1/messaging/public - what works without signing in: unsubscribing."""

from typing import Annotated

from fastapi import Path

from lodestar.api import APIRouter, PublicSession, lambda_handler, problems
from lodestar.problems import NotFound
from messaging.service import wishes as service

router = APIRouter(tags=["messaging"])
Token = Annotated[str, Path(min_length=20, max_length=200)]


@router.post(
    "/v1/messaging/public/unsubscribes/{token}",
    summary="Unsubscribe with one click",
    status_code=204,
    responses=problems(NotFound),
)
def unsubscribe(token: Token, session: PublicSession) -> None:
    """RFC 8058: mailbox providers post here, form-encoded; the body says nothing that the address does not."""
    service.unsubscribe(session, token)


handler = lambda_handler(router)

"""/v1/identity/api-keys - keys for integrations and administrators' scripts."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import Response

from identity.errors import KeyNameTaken, KeyNotUsable, PersonRequired
from identity.schemas.api_keys import (
    ApiKeyCreate,
    ApiKeyRead,
    ApiKeyRotationCreate,
    ApiKeySecretRead,
    ScopeCatalogueRead,
)
from identity.service import api_keys as service
from lodestar.api import (
    Administrator,
    APIRouter,
    Paging,
    ReadSession,
    WriteSession,
    lambda_handler,
    problems,
)
from lodestar.pagination import Page, PageOf
from lodestar.problems import SecretAlreadyShown

router = APIRouter(tags=["identity"])


@router.get("/v1/identity/api-keys", summary="List API keys", response_model=PageOf[ApiKeyRead])
def list_api_keys(_caller: Administrator, session: ReadSession, page: Paging) -> Page[Mapping[str, Any]]:
    """The organization's, newest first, by their beginnings."""
    return service.list_keys(session, page)


@router.get(
    "/v1/identity/api-keys/scopes",
    summary="Read the scopes of API keys",
    response_model=ScopeCatalogueRead,
)
def read_scopes(_caller: Administrator) -> dict[str, Any]:
    """Which scopes there are, and what each opens. A key reaches no more than its owner's roles do."""
    return service.scopes()


@router.post(
    "/v1/identity/api-keys",
    summary="Create an API key",
    status_code=201,
    response_model=ApiKeySecretRead,
    responses=problems(KeyNameTaken, PersonRequired, SecretAlreadyShown),
)
def create_api_key(
    body: ApiKeyCreate, caller: Administrator, session: WriteSession, response: Response
) -> dict[str, Any]:
    """The key is in this answer only. It acts as its maker, within its scopes."""
    response.headers["Cache-Control"] = "no-store"
    return service.create(session, caller, body)


@router.post(
    "/v1/identity/api-keys/{key_id}/rotations",
    summary="Replace an API key by a new one",
    status_code=201,
    response_model=ApiKeySecretRead,
    responses=problems(KeyNotUsable, PersonRequired, SecretAlreadyShown),
)
def rotate_api_key(
    key_id: UUID,
    body: ApiKeyRotationCreate,
    caller: Administrator,
    session: WriteSession,
    response: Response,
) -> dict[str, Any]:
    """Both work for the overlap. The new key is in this answer only."""
    response.headers["Cache-Control"] = "no-store"
    return service.rotate(session, caller, key_id=key_id, body=body)


@router.delete(
    "/v1/identity/api-keys/{key_id}",
    summary="Revoke an API key",
    status_code=204,
    responses=problems(PersonRequired),
)
def revoke_api_key(key_id: UUID, caller: Administrator, session: WriteSession) -> None:
    """It stops working within a minute."""
    service.revoke(session, caller, key_id)


handler = lambda_handler(router)

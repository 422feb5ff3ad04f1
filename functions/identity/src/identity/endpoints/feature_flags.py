"""/v1/identity/feature-flags - which features an organization has."""

from typing import Annotated

from fastapi import Path

from identity.schemas.feature_flags import FeatureFlagRead, FeatureFlagWrite
from identity.service import feature_flags as service
from lodestar.api import (
    Administrator,
    APIRouter,
    Caller,
    IfMatch,
    Paging,
    ReadSession,
    WriteSession,
    lambda_handler,
    problems,
)
from lodestar.pagination import Page, PageOf
from lodestar.problems import StaleVersion

router = APIRouter(tags=["identity"])
Key = Annotated[str, Path(max_length=100, pattern=r"^[a-z0-9]+([-_][a-z0-9]+)*$", examples=["peer-practice"])]


@router.get(
    "/v1/identity/feature-flags", summary="List feature flags", response_model=PageOf[FeatureFlagRead]
)
def list_feature_flags(_caller: Caller, session: ReadSession, page: Paging) -> Page[FeatureFlagRead]:
    """By key: what the product knows, with its default until it is set, and what else the organization has set. A
    flag that is not here is off."""
    return service.list_flags(session, page)


@router.get("/v1/identity/feature-flags/{key}", summary="Read a feature flag", response_model=FeatureFlagRead)
def read_feature_flag(key: Key, _caller: Caller, session: ReadSession) -> FeatureFlagRead:
    """What the product knows has its default until it is set; any other flag is absent then, and off."""
    return service.read(session, key)


@router.put(
    "/v1/identity/feature-flags/{key}",
    summary="Set a feature flag",
    response_model=FeatureFlagRead,
    responses=problems(StaleVersion),
)
def set_feature_flag(
    key: Key,
    body: FeatureFlagWrite,
    _caller: Administrator,
    session: WriteSession,
    if_match: IfMatch,
) -> FeatureFlagRead:
    """It holds for everybody in the organization, from the next request on. Audited."""
    return service.write(session, key, body=body, if_match=if_match)


handler = lambda_handler(router)

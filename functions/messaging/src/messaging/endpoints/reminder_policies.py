"""/v1/messaging/reminder-policies - when whom to remind of what."""

from typing import Annotated, Any

from fastapi import Path

from lodestar.api import APIRouter, IfMatch, ReadSession, Staff, WriteSession, lambda_handler, problems
from lodestar.problems import NotFound, StaleVersion
from messaging.errors import PolicyRefused
from messaging.rules.reminders import Policy
from messaging.schemas.policies import (
    PolicyList,
    PolicyPreviewCreate,
    PolicyPreviewRead,
    PolicyPut,
    PolicyRead,
)
from messaging.service import policies as service
from messaging.service import policy_previews

router = APIRouter(tags=["messaging"])
Key = Annotated[str, Path(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60, examples=["class-24-hours"])]


def _shown(policy: Policy) -> PolicyRead:
    fields: dict[str, Any] = {
        name: getattr(policy, name) for name in PolicyRead.model_fields if name != "is_built_in"
    }
    return PolicyRead(**fields, is_built_in=policy.version == 0)


@router.get(
    "/v1/messaging/reminder-policies",
    summary="List reminder policies",
    response_model=PolicyList,
    responses=problems(),
)
def list_policies(_caller: Staff, session: ReadSession) -> PolicyList:
    """Those that every organization begins with, as this one has changed them, and its own."""
    return PolicyList(data=[_shown(policy) for policy in service.merged(session).values()])


@router.get(
    "/v1/messaging/reminder-policies/{key}",
    summary="Read a reminder policy",
    response_model=PolicyRead,
    responses=problems(NotFound),
)
def read_policy(key: Key, _caller: Staff, session: ReadSession) -> PolicyRead:
    """As it holds now."""
    return _shown(service.one(session, key))


@router.put(
    "/v1/messaging/reminder-policies/{key}",
    summary="Write a reminder policy",
    response_model=PolicyRead,
    responses=problems(StaleVersion, PolicyRefused),
)
def put_policy(
    key: Key, body: PolicyPut, _caller: Staff, session: WriteSession, if_match: IfMatch
) -> PolicyRead:
    """Times hold for moments that are set or moved from now on; `enabled`, guard and template at once. A key that is
    not built in makes a policy of the organization's own."""
    return _shown(service.put(session, key, body, if_match=if_match))


@router.post(
    "/v1/messaging/reminder-policies/{key}/previews",
    summary="Preview what a reminder policy sends",
    response_model=PolicyPreviewRead,
    responses=problems(NotFound),
)
def preview_policy(
    key: Key, body: PolicyPreviewCreate, _caller: Staff, session: WriteSession
) -> PolicyPreviewRead:
    """To whom and when, on the recipients' clocks, for a moment that is set or made up. Nothing is sent."""
    return policy_previews.preview(session, key, body)


handler = lambda_handler(router)

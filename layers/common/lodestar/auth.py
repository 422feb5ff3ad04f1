"""From the authorizer's context to a `Principal` (ARCHITECTURE.md, section 6).

The authorizer's answer is cached for 60 s, so the expiry is checked again here.
"""

import json
import math
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from uuid import UUID

from lodestar import clock
from lodestar.principal import CALLS_PER_MINUTE, NOBODY, Principal, Role
from lodestar.problems import Forbidden, OrganizationRequired, Unauthenticated

ORGANIZATION_HEADER = "lodestar-organization"
REMEMBERED = 128
"""How many contexts' contents a process keeps parsed. A person's requests, and so a screen's, carry the same one."""


def principal_from(
    context: Mapping[str, str],
    *,
    organization: str | None,
    needed_scope: str,
    organization_optional: bool = False,
) -> Principal:
    """The caller in the organization they chose; by default their only one, and where it is optional, in none.

    `context` holds strings only: `user_id`, `memberships` (JSON: organization id -> roles), `expires_at` (Unix
    seconds), and for API keys `api_key_id`, `scopes` (separated by spaces) and `calls_per_minute`. Raises `Unauthenticated`, also for a
    context that is no authorizer's, `OrganizationRequired`, or `Forbidden` when an API key lacks `needed_scope`.
    """
    try:
        ends_at = _ends_at(context)
        user_id, memberships, key = _read(
            context["user_id"], context.get("memberships") or "{}", context.get("api_key_id")
        )
        calls_per_minute = int(context.get("calls_per_minute") or CALLS_PER_MINUTE)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Unauthenticated() from None
    if ends_at <= clock.now().timestamp():
        raise Unauthenticated("Your sign-in has expired. Sign in again.")
    if organization is None and organization_optional and len(memberships) != 1:
        org_id, roles = NOBODY, _everywhere(memberships)
    else:
        org_id, roles = _chosen(memberships, organization)
    scopes = frozenset((context.get("scopes") or "").split())
    if key and needed_scope not in scopes:
        raise Forbidden(f"This API key lacks the scope {needed_scope}.")
    return Principal(
        user_id=user_id,
        org_id=org_id,
        roles=roles,
        api_key_id=key,
        scopes=scopes,
        calls_per_minute=calls_per_minute,
    )


Memberships = Mapping[UUID, frozenset[Role]]
"""Roles by the organization's id."""


@lru_cache(maxsize=REMEMBERED)
def _read(user_id: str, memberships: str, key: str | None) -> tuple[UUID, Memberships, UUID | None]:
    """The person, their memberships, and the API key that they use."""
    given = json.loads(memberships)
    roles_by_id = {UUID(org_id): frozenset(map(Role, roles)) for org_id, roles in given.items()}
    return UUID(user_id), MappingProxyType(roles_by_id), UUID(key) if key else None


def _ends_at(context: Mapping[str, str]) -> float:
    """Unix seconds. What names no moment has never begun."""
    ends_at = float(context["expires_at"])
    return ends_at if math.isfinite(ends_at) else 0


def _chosen(memberships: Memberships, organization: str | None) -> tuple[UUID, frozenset[Role]]:
    if organization is None:
        if len(memberships) != 1:
            raise OrganizationRequired()
        [org_id] = memberships
    else:
        try:
            org_id = UUID(organization)
        except ValueError:
            raise OrganizationRequired(f"{organization!r} is not an organization's id.") from None
    roles = memberships.get(org_id, frozenset()) | _everywhere(memberships)
    if not roles:
        raise OrganizationRequired("You do not belong to that organization.")
    return org_id, roles


def _everywhere(memberships: Memberships) -> frozenset[Role]:
    """The roles that hold in every organization."""
    platform = any(Role.PLATFORM_ADMIN in roles for roles in memberships.values())
    return frozenset({Role.PLATFORM_ADMIN}) if platform else frozenset()

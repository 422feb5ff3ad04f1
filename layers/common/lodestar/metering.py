"""Calls by API key: each takes a token of its key's bucket and is counted, by key, operation and hour (SB-43).

That is a transaction of its own, because a refused call was made too, and because of two requests by one key neither
waits for the other's end. It is sent ahead of the request's first statement, and so takes no round trip. What is
refused before the database is asked, for want of a scope or a role, stands in the log only.
"""

import math
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from lodestar import invocations
from lodestar.principal import Principal
from lodestar.problems import RateLimited

STATEMENT = "SELECT wait_seconds, tokens_left FROM backbone.meter_key($1, $2, $3, $4, $5)"
SECONDS = 60


def due(principal: Principal) -> tuple[UUID, UUID, UUID, int, str] | None:
    """The values of `STATEMENT`, if this is a request by key whose first transaction now begins."""
    operation = invocations.to_meter() if principal.api_key_id else None
    if operation is None or principal.api_key_id is None:
        return None
    return (
        principal.org_id,
        principal.user_id,
        principal.api_key_id,
        principal.calls_per_minute,
        operation,
    )


def settle(principal: Principal, row: Sequence[Any]) -> None:
    """Have the answer say what is left (draft-ietf-httpapi-ratelimit-headers). Raises `RateLimited`."""
    wait, left = row
    after = f";t={math.ceil(wait)}" if wait else ""
    invocations.metered(
        {
            "ratelimit-policy": f'"key";q={principal.calls_per_minute};w={SECONDS}',
            "ratelimit": f'"key";r={max(0, left or 0)}{after}',
        }
    )
    if wait:
        raise RateLimited(math.ceil(wait))

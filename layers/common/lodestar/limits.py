"""A token bucket per caller, only on what is dear or abusable (D-20); one upsert."""

import math
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from lodestar.problems import RateLimited

SPEND = text("SELECT backbone.spend_token(:bucket, :capacity, :seconds)")


def spend(session: Session, name: str, caller: UUID, *, capacity: int, per_seconds: int) -> None:
    """Take one token of the caller's bucket of `capacity` tokens, refilled evenly over `per_seconds`.

    Raises `RateLimited` with the seconds until the next token when the bucket is empty.
    """
    wait = session.scalar(SPEND, {"bucket": f"{name}:{caller}", "capacity": capacity, "seconds": per_seconds})
    if wait:
        raise RateLimited(math.ceil(wait))

"""API keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from identity.models.api_keys import ApiKey
from lodestar.db import principal_of
from lodestar.pagination import Page, PageQuery, paginate

TAKE_CALLS = text(
    """
    DELETE FROM backbone.api_key_calls
    WHERE org_id = backbone.current_org() AND api_key_id = :key_id AND hour = :hour
    RETURNING operation, calls, refused
    """
)
HOURS_OVER = text("SELECT org_id, user_id, api_key_id, hour FROM backbone.api_key_hours_over()")
ENDING = text("SELECT org_id, id FROM identity.api_keys_ending(:days)")


def keys(session: Session, page: PageQuery) -> Page[ApiKey]:
    """The organization's, newest first, revoked ones too."""
    return paginate(session, select(ApiKey), page, keys=(ApiKey.id,))


def live_key(session: Session, name: str, *, at: datetime) -> ApiKey | None:
    """The key that bears the name; of two that are made at once under one name the second waits for the first."""
    lock = "SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"
    session.execute(text(lock), {"name": f"api_key:{principal_of(session).org_id}:{name}"})
    return session.scalar(
        select(ApiKey).where(
            ApiKey.name == name,
            ApiKey.revoked_at.is_(None),
            ApiKey.rotated_to.is_(None),
            ApiKey.expires_at > at,
        )
    )


def key_of(session: Session, key_id: UUID) -> ApiKey | None:
    """The key, locked."""
    return session.scalar(select(ApiKey).where(ApiKey.id == key_id).with_for_update())


def hours_over(session: Session) -> Sequence[Row[Any]]:
    """`(org_id, user_id, api_key_id, hour)` of calls whose hour is over, of every organization."""
    return session.execute(HOURS_OVER).all()


def ending(session: Session, *, within_days: int) -> Sequence[Row[Any]]:
    """`(org_id, id)` of keys that end in so few days and whose owner was not told, of every organization."""
    return session.execute(ENDING, {"days": within_days}).all()


def take_calls(session: Session, *, key_id: UUID, hour: datetime) -> Sequence[Row[Any]]:
    """The counts of the key's calls of that hour, which are no longer there; None are left for a second taker."""
    return session.execute(TAKE_CALLS, {"key_id": key_id, "hour": hour}).all()

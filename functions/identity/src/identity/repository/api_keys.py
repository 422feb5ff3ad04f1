"""API keys."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from identity.models.api_keys import ApiKey
from lodestar.db import principal_of
from lodestar.pagination import Page, PageQuery, paginate


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

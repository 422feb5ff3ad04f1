"""API keys."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity.models.api_keys import ApiKey
from lodestar.pagination import Page, PageQuery, paginate


def keys(session: Session, page: PageQuery) -> Page[ApiKey]:
    """The organization's, newest first, revoked ones too."""
    return paginate(session, select(ApiKey), page, keys=(ApiKey.id,))


def key_of(session: Session, key_id: UUID) -> ApiKey | None:
    """The key, locked."""
    return session.scalar(select(ApiKey).where(ApiKey.id == key_id).with_for_update())

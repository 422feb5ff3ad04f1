"""Feature flags."""

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from identity.models.feature_flags import FeatureFlag
from lodestar.pagination import Page, PageQuery, paginate

INSERT = text(
    """
    INSERT INTO identity.feature_flags (key, enabled) VALUES (:key, false)
    ON CONFLICT (org_id, key) DO NOTHING
    """
)


def flags(session: Session, page: PageQuery) -> Page[FeatureFlag]:
    """The organization's, by key."""
    return paginate(session, select(FeatureFlag), page, keys=(FeatureFlag.key,), order="asc")


def flag_of(session: Session, key: str) -> FeatureFlag | None:
    return session.scalar(select(FeatureFlag).where(FeatureFlag.key == key))


def flag_to_write(session: Session, key: str) -> FeatureFlag:
    """The flag, locked; made, and off, if absent."""
    session.execute(INSERT, {"key": key})
    return session.scalars(select(FeatureFlag).where(FeatureFlag.key == key).with_for_update()).one()

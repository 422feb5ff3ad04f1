"""Feature flags."""

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from identity.models.feature_flags import FeatureFlag, Flag
from lodestar.pagination import Page, PageQuery, paginate

INSERT = text(
    """
    INSERT INTO identity.feature_flags (key, enabled) VALUES (:key, :enabled)
    ON CONFLICT (org_id, key) DO NOTHING RETURNING id
    """
)


def flags(session: Session, page: PageQuery) -> Page[Flag]:
    """The organization's and the known ones, by key."""
    return paginate(session, select(Flag), page, keys=(Flag.key,), order="asc")


def flag_of(session: Session, key: str) -> Flag | None:
    """One of them."""
    return session.scalar(select(Flag).where(Flag.key == key))


def flag_to_write(session: Session, key: str, *, by_default: bool) -> tuple[FeatureFlag, bool]:
    """The flag, locked, and whether it came into being just now, as it holds `by_default`."""
    is_new = session.scalar(INSERT, {"key": key, "enabled": by_default}) is not None
    statement = select(FeatureFlag).where(FeatureFlag.key == key).with_for_update()
    return session.scalars(statement).one(), is_new

"""Feature flags, by organization."""

from sqlalchemy.orm import Session

from identity.models.feature_flags import FeatureFlag
from identity.repository import feature_flags as repository
from identity.schemas.feature_flags import FeatureFlagWrite
from lodestar import audit
from lodestar.db import expect_version
from lodestar.pagination import Page, PageQuery
from lodestar.problems import NotFound


def list_flags(session: Session, page: PageQuery) -> Page[FeatureFlag]:
    """The organization's, by key."""
    return repository.flags(session, page)


def read(session: Session, key: str) -> FeatureFlag:
    """One flag."""
    flag = repository.flag_of(session, key)
    if flag is None:
        raise NotFound("This flag was never set; it is off.")
    return flag


def write(session: Session, key: str, *, body: FeatureFlagWrite, if_match: int | None) -> FeatureFlag:
    """Set the flag, which comes into being with its first writing."""
    flag = repository.flag_to_write(session, key)
    expect_version(flag, if_match)
    before = {"enabled": flag.enabled, "note": flag.note}
    flag.enabled, flag.note = body.enabled, body.note
    session.flush()
    after = body.model_dump()
    audit.record(
        session,
        "feature_flag.set",
        subject_type="feature_flag",
        subject_id=flag.id,
        before=before,
        after=after,
    )
    return flag

"""Feature flags, by organization."""

from sqlalchemy.orm import Session

from identity.models.feature_flags import FeatureFlag, Flag
from identity.repository import feature_flags as repository
from identity.schemas.feature_flags import FeatureFlagRead, FeatureFlagWrite
from lodestar import audit
from lodestar.contracts.identity import FEATURES, FeatureFlagSet
from lodestar.db import expect_version
from lodestar.events import emit
from lodestar.pagination import Page, PageQuery
from lodestar.problems import NotFound


def list_flags(session: Session, page: PageQuery) -> Page[FeatureFlagRead]:
    """The organization's and the known ones, by key."""
    found = repository.flags(session, page)
    return Page([_read(flag) for flag in found.data], found.page)


def read(session: Session, key: str) -> FeatureFlagRead:
    """One flag. Raises `NotFound` for one that is neither known nor set."""
    flag = repository.flag_of(session, key)
    if flag is None:
        raise NotFound("This flag was never set; it is off.")
    return _read(flag)


def _read(flag: Flag | FeatureFlag) -> FeatureFlagRead:
    known = FEATURES.get(flag.key)
    return FeatureFlagRead(
        key=flag.key,
        enabled=flag.enabled,
        by_default=known.by_default if known else False,
        description=known.description if known else None,
        note=flag.note,
        updated_at=flag.updated_at,
        version=flag.version,
    )


def write(session: Session, key: str, *, body: FeatureFlagWrite, if_match: int | None) -> FeatureFlagRead:
    """Set the flag, which comes into being with its first writing, and tell of a change. Raises `StaleVersion`."""
    by_default = key in FEATURES and FEATURES[key].by_default
    flag, is_new = repository.flag_to_write(session, key, by_default=by_default)
    expect_version(None if is_new else flag, if_match)
    before = {"enabled": flag.enabled, "note": flag.note}
    flag.enabled, flag.note = body.enabled, body.note
    session.flush()
    audit.record(
        session,
        "feature_flag.set",
        subject_type="feature_flag",
        subject_id=flag.id,
        before=before,
        after=body.model_dump(),
    )
    if flag.enabled != before["enabled"]:
        emit(session, FeatureFlagSet(key=key, enabled=flag.enabled))
    return _read(flag)

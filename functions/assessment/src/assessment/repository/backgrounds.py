"""Backgrounds and their profiles."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from assessment.models.backgrounds import Background, BackgroundProfile
from lodestar.db import principal_of


def choosable() -> Select[Background]:
    """The active backgrounds that the caller's organization wrote or is taught with."""
    return select(Background).where(Background.active)


def readable(session: Session, background_id: UUID) -> Background | None:
    """The background, when the caller's organization wrote it or is taught with it."""
    return session.scalar(select(Background).where(Background.id == background_id))


def own_profile(
    session: Session, background_id: UUID, *, kind: str, type_: str, tier: str
) -> BackgroundProfile | None:
    """The caller's organization's profile at this place."""
    return session.scalar(
        select(BackgroundProfile).where(
            BackgroundProfile.org_id == principal_of(session).org_id,
            BackgroundProfile.background_id == background_id,
            BackgroundProfile.kind == kind,
            BackgroundProfile.type == type_,
            BackgroundProfile.tier == tier,
        )
    )

"""Backgrounds: learners choose one, staff write them and what each is asked."""

from uuid import UUID

from sqlalchemy.orm import Session

from assessment.models.backgrounds import Background, BackgroundProfile
from assessment.models.rubrics import Rubric
from assessment.repository import backgrounds as repository
from assessment.schemas.backgrounds import ProfileWrite
from assessment.service import content
from lodestar.contracts import identity, learning
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.principal import Principal
from lodestar.problems import NotFound


def list_backgrounds(
    session: Session, caller: Principal, page: PageQuery, *, key: str | None
) -> Page[Background]:
    """Staff see what their organization wrote; learners, what they may choose. Raises `FeatureOff`."""
    if caller.is_staff:
        return content.list_own(session, Background, page, key=key)
    _require_job_readiness(session)
    statement = repository.choosable()
    if key is not None:
        statement = statement.where(Background.key == key)
    return paginate(session, statement, page, keys=(Background.id,))


def get_background(session: Session, caller: Principal, background_id: UUID) -> Background:
    """Raises `NotFound`, `FeatureOff`."""
    if caller.is_staff:
        return content.get(session, Background, background_id)
    _require_job_readiness(session)
    background = repository.readable(session, background_id)
    if background is None or not background.active:
        raise NotFound()
    return background


def _require_job_readiness(session: Session) -> None:
    """Only Job Readiness asks for a background."""
    if not identity.is_on(session, identity.JOB_READINESS):
        raise learning.switched_off()


def get_profile(
    session: Session, background_id: UUID, *, kind: str, type_: str, tier: str
) -> BackgroundProfile:
    """Raises `NotFound`."""
    profile = repository.own_profile(session, background_id, kind=kind, type_=type_, tier=tier)
    if profile is None:
        raise NotFound()
    return profile


def put_profile(
    session: Session,
    background_id: UUID,
    body: ProfileWrite,
    *,
    kind: str,
    type_: str,
    tier: str,
    if_match: int | None,
) -> BackgroundProfile:
    """Write the profile at this place. Raises `NotFound` for a background or rubric that is not theirs."""
    content.get(session, Background, background_id)
    content.get(session, Rubric, body.rubric_id)
    profile = repository.own_profile(session, background_id, kind=kind, type_=type_, tier=tier)
    if profile is None:
        fields = body.model_dump(mode="json", exclude={"rubric_id"}) | {"rubric_id": body.rubric_id}
        made = BackgroundProfile(background_id=background_id, kind=kind, type=type_, tier=tier, **fields)
        return content.create(session, made)
    return content.change(session, profile, body.model_copy(update=body.model_dump()), if_match=if_match)

"""Masterclasses: the library that staff keep, and the list that every learner sees alike."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from learning.models.masterclasses import Masterclass
from learning.repository import masterclasses as repository
from learning.repository import programs
from learning.repository.enrollments import shown
from learning.schemas.masterclasses import (
    LearnerMasterclassRead,
    MasterclassCreate,
    MasterclassPatch,
    MasterclassRead,
    MasterclassStatistics,
    MasterclassVideo,
    TierCounts,
    VideoState,
)
from learning.service import access, content
from learning.service.assets import require_asset
from lodestar import audit
from lodestar.clock import now
from lodestar.contracts import media
from lodestar.ids import new_id
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.principal import Principal
from lodestar.problems import NotFound

MASTERCLASS_VIDEO = "masterclass_video"
STATES: dict[str, VideoState] = {
    "uploading": "uploading",
    "processing": "processing",
    "ready": "ready",
    "rejected": "failed",
}
VIDEO_TEXTS: dict[VideoState, str] = {
    "none": "Upload a video, and name it here.",
    "uploading": "The file has not arrived yet.",
    "processing": "The file is being looked at; it is ready in a few minutes.",
    "ready": "Ready to be watched.",
    "failed": "The file cannot be used; upload it again.",
}


def list_for(
    session: Session,
    principal: Principal,
    page: PageQuery,
    *,
    program_id: UUID | None,
    enrollment_id: UUID | None,
    active: bool | None,
) -> Page[Any]:
    """Staff: their library. Others: all active talks of their programs, locked or not (X-03).

    Who names an enrollment asks as its learner.
    """
    writing = principal.is_staff and enrollment_id is None
    if writing:
        statement = repository.own(session)
        statement = statement if active is None else statement.where(Masterclass.active.is_(active))
    else:
        statement = repository.of_learner(principal, enrollment_id)
    statement = statement.where(Masterclass.program_id == program_id) if program_id else statement
    statement = statement if writing else statement.where(shown())
    found = paginate(session, statement, page, keys=(Masterclass.id,), order="asc")
    if writing:
        return Page(_read_all(session, found.data), found.page)
    return Page([_for_learner(*row) for row in found.data], found.page)


def read_for(
    session: Session, principal: Principal, masterclass_id: UUID
) -> MasterclassRead | LearnerMasterclassRead:
    """Raises `NotFound`, `FeatureOff`."""
    if principal.is_staff:
        return _read_all(session, [get(session, masterclass_id)])[0]
    row = session.execute(repository.of_learner(principal).where(Masterclass.id == masterclass_id)).first()
    if row is None:
        raise NotFound()
    access.require_shown(row[1])
    return _for_learner(*row)


def _read_all(session: Session, talks: Sequence[Masterclass]) -> list[MasterclassRead]:
    known = media.videos(session, [talk.asset_id for talk in talks if talk.asset_id])
    return [_read(talk, known.get(talk.asset_id) if talk.asset_id else None) for talk in talks]


def _read(talk: Masterclass, video: media.Video | None) -> MasterclassRead:
    copied = (
        "id", "version", "created_at", "updated_at", "program_id", "key", "title", "description", "speaker",
        "position", "asset_id", "active",
    )  # fmt: skip
    state = STATES[video.state] if video else "none"
    return MasterclassRead(
        **{name: getattr(talk, name) for name in copied},
        video=MasterclassVideo(
            state=state,
            text=(video.problem_detail if video else None) or VIDEO_TEXTS[state],
            problem_code=video.problem_code if video else None,
            size_bytes=video.size_bytes if video else None,
            duration_ms=video.duration_ms if video else None,
            captions=video.captions if video else None,
        ),
    )


def _for_learner(talk: Masterclass, enrollment: Any, stage: Any, completed_at: Any) -> LearnerMasterclassRead:
    reason = access.reason(enrollment, stage)
    return LearnerMasterclassRead(
        id=talk.id,
        enrollment_id=enrollment.id,
        program_id=talk.program_id,
        title=talk.title,
        description=talk.description,
        speaker=talk.speaker,
        position=talk.position,
        asset_id=None if reason else talk.asset_id,
        locked=reason is not None,
        reason=reason,
        completed_at=completed_at,
    )


def get(session: Session, masterclass_id: UUID) -> Masterclass:
    """One of the organization's own. Raises `NotFound`."""
    talk = session.scalar(repository.own(session).where(Masterclass.id == masterclass_id))
    if talk is None:
        raise NotFound()
    return talk


def create(session: Session, body: MasterclassCreate) -> MasterclassRead:
    """Raises `NotFound`, `InvalidContent`, `KeyTaken`."""
    if programs.own_program(session, body.program_id) is None:
        raise NotFound()
    require_asset(session, body.asset_id, purpose=MASTERCLASS_VIDEO)
    talk = Masterclass(id=new_id(), **body.model_dump(exclude={"speaker"}), speaker=body.speaker or "")
    content.add(session, talk)
    return _read_all(session, [talk])[0]


def change(
    session: Session, masterclass_id: UUID, body: MasterclassPatch, *, if_match: int | None
) -> MasterclassRead:
    """Raises `NotFound`, `StaleVersion`, `InvalidContent`."""
    talk = get(session, masterclass_id)
    require_asset(session, body.asset_id, purpose=MASTERCLASS_VIDEO)
    content.change(session, talk, body, if_match=if_match)
    return _read_all(session, [talk])[0]


def remove(session: Session, masterclass_id: UUID) -> None:
    """Take it from every list for good; who completed it keeps that. Raises `NotFound`."""
    get(session, masterclass_id).deleted_at = now()
    audit.record(session, "masterclass.deleted", subject_type="masterclass", subject_id=masterclass_id)


def statistics(session: Session, masterclass_id: UUID) -> MasterclassStatistics:
    """Counts within the caller's organization. Raises `NotFound`."""
    talk = get(session, masterclass_id)
    everybody, *tiers = repository.counts(session, talk)
    return MasterclassStatistics(
        masterclass_id=masterclass_id,
        **_counts(everybody),
        by_tier=[TierCounts(tier=row.tier, **_counts(row)) for row in tiers],
    )


def _counts(row: Any) -> dict[str, Any]:
    percentage = round(100 * row.completions / row.enrollments, 1) if row.enrollments else 0.0
    median = None if row.median_coverage is None else round(float(row.median_coverage), 1)
    copied = {name: getattr(row, name) for name in ("enrollments", "started", "completions")}
    return {**copied, "completion_percentage": percentage, "median_coverage": median}

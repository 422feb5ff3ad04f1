"""One read of everything a learner's screen shows. Its statements are as many for any program and any history."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from learning.models.enrollments import Enrollment
from learning.models.lessons import Lesson
from learning.models.programs import Program, ProgramVersion
from learning.repository import awards, enrollments, lessons, outline
from learning.repository import progress as repository
from learning.rules import next_step, texts, tiers
from learning.rules.locks import reason_locked
from learning.rules.outline import Evidence, ModuleOutline, Outline, StageOutline
from learning.schemas.progress import (
    LessonProgressSaved,
    ModuleProgressRead,
    NextStep,
    Prerequisite,
    ProgramSummary,
    ProgressRead,
    Resume,
    StageProgress,
    TierRead,
)
from learning.schemas.promotions import offer_read
from learning.service import access, standing
from learning.service.module_details import MILLISECONDS, details_of
from lodestar import clock
from lodestar.contracts.learning import ModuleKind, Tier, promotion_eligibility
from lodestar.principal import Principal
from lodestar.problems import NotFound


def read(session: Session, principal: Principal, enrollment_id: UUID) -> ProgressRead:
    """Raises `NotFound`, `FeatureOff`."""
    row = repository.one(session, principal, enrollment_id)
    if row is None:
        raise NotFound()
    enrollment, program, version, _ = row
    access.require_visible(principal, enrollment)
    plan = outline.read(session, enrollment)
    evidence = outline.evidence(session, enrollment, plan)
    earned_at = awards.standing_awards(session, enrollment_id)
    offer = promotion_eligibility(session, learner_id=enrollment.learner_id, enrollment_id=enrollment_id)
    step = next_step.next_step(plan, evidence, stars=enrollment.stars, status=enrollment.status)
    return ProgressRead(
        enrollment_id=enrollment.id,
        learner_id=enrollment.learner_id,
        program=summary(program, version),
        status=enrollment.status,
        stars=enrollment.stars,
        possible_stars=len(plan.stages),
        stars_text=texts.stars(enrollment.stars, len(plan.stages)),
        tier=tier_read(enrollment.tier, version.tier_ranges),
        background_id=enrollment.background_id,
        stages=[_stage(stage, plan, enrollment, earned_at.get(stage.star)) for stage in plan.stages],
        modules=[_module(module, plan, evidence, enrollment) for module in plan.modules],
        resume=_resume(plan, evidence),
        next_step=NextStep.model_validate(asdict(step)),
        promotion=offer_read(offer) if offer else None,
        progressed_at=enrollment.progressed_at,
        completed_at=enrollment.completed_at,
    )


def summary(program: Program, version: ProgramVersion) -> ProgramSummary:
    """The program as the learner's screens name it."""
    return ProgramSummary(
        id=program.id, title=program.title, type=program.type, version_number=version.number
    )


def tier_read(tier: str | None, tier_ranges: list[dict[str, Any]]) -> TierRead | None:
    """The tier with its label, colour and text; the version's own where it has them."""
    if tier is None:
        return None
    known = Tier(tier)
    settings: dict[str, Any] = next((entry for entry in tier_ranges if entry["tier"] == tier), {})
    return TierRead(
        tier=known,
        label=texts.TIER_LABELS[known],
        colour=settings.get("colour") or tiers.COLOURS[known],
        text=settings.get("text") or texts.TIER_TEXTS[known],
    )


def _stage(
    stage: StageOutline, plan: Outline, enrollment: Enrollment, earned_at: datetime | None
) -> StageProgress:
    completed, required = _count(stage, plan)
    return StageProgress(
        star=stage.star,
        kind=stage.kind,
        title=stage.title,
        description=stage.description,
        earned=enrollment.stars >= stage.star,
        earned_at=earned_at,
        earned_text=stage.earned_text,
        locked=enrollment.stars < stage.star - 1,
        completed=completed,
        required=required,
        text=texts.of(completed, required),
    )


def _count(stage: StageOutline, plan: Outline) -> tuple[int, int]:
    if stage.kind is ModuleKind.MASTERCLASS:
        return sum(talk.completed_at is not None for talk in plan.talks), stage.required_count or 1
    modules = plan.modules_of(stage.kind)
    return sum(module.completed_at is not None for module in modules), stage.required_count or len(modules)


def _module(
    module: ModuleOutline, plan: Outline, evidence: Evidence, enrollment: Enrollment
) -> ModuleProgressRead:
    own = plan.stage_of(module.kind)
    before = [stage for stage in plan.stages if stage.star < own.star]
    reason = reason_locked(
        stars=enrollment.stars,
        status=enrollment.status,
        star=own.star,
        stage_before=before[-1].title if before else None,
    )
    return ModuleProgressRead(
        module_id=module.module_id,
        kind=module.kind,
        kind_label=texts.KIND_LABELS[module.kind],
        key=module.key,
        title=module.title,
        description=module.description,
        star=own.star,
        locked=reason is not None,
        reason=reason,
        prerequisites=[
            Prerequisite(
                star=stage.star,
                text=texts.unlocks(stage.star, stage.title),
                met=enrollment.stars >= stage.star,
            )
            for stage in before
        ],
        completed_at=module.completed_at,
        details=details_of(module, plan, evidence),
    )


def _resume(plan: Outline, evidence: Evidence) -> Resume | None:
    place = next_step.position(plan, evidence)
    if place is None:
        return None
    fields = asdict(place)
    position_ms = fields.pop("position_ms")
    return Resume(**fields, position_seconds=None if position_ms is None else position_ms / MILLISECONDS)


def save_lesson(
    session: Session, principal: Principal, *, enrollment_id: UUID, lesson_id: UUID, read_to_end: bool
) -> LessonProgressSaved:
    """Note that a lesson was opened, and read; award what follows. Raises `NotFound`, `ModuleLocked`."""
    enrollment = enrollments.own(session, principal, enrollment_id, lock=True)
    wanted = lessons.of_learner(principal, enrollment_id).where(Lesson.id == lesson_id)
    row: Any = session.execute(wanted).first() if enrollment else None
    if enrollment is None or row is None:
        raise NotFound()
    lesson, _, stage, completed_at = row
    access.require(enrollment, stage)
    read_now = read_to_end and lesson.asset_id is None
    saved = awards.open_lesson(
        session, enrollment_id=enrollment_id, lesson_id=lesson_id, at=clock.now(), read=read_now
    )
    enrollments.touch(session, enrollment_id)
    if read_now and completed_at is None:
        standing.settle(session, enrollment)
        session.refresh(saved)
    return LessonProgressSaved(
        enrollment_id=enrollment_id,
        lesson_id=lesson_id,
        last_opened_at=saved.last_opened_at,
        read_at=saved.read_at,
        completed_at=saved.completed_at,
        stars=enrollment.stars,
    )

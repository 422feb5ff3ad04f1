"""Awarding: what the evidence proves is written down, once, in order (C2a "Stars").

`settle` reads all evidence there is, so events may come late, twice or in any order and the result is the same. The
caller has locked the enrollment.
"""

from uuid import UUID

from sqlalchemy.orm import Session

from learning.models.enrollments import Enrollment
from learning.models.programs import ProgramVersion
from learning.repository import awards as repository
from learning.repository import outline as outlines
from learning.rules import progress, tiers
from learning.rules.outline import Evidence, Outline, StageOutline
from learning.rules.progress import Proof
from lodestar import clock
from lodestar.contracts.learning import (
    LessonCompleted,
    ModuleKind,
    ProgramCompleted,
    PromotionOffered,
    StarAwarded,
    Tier,
    TierChanged,
    promotion_eligibility,
)
from lodestar.events import emit


def settle(session: Session, enrollment: Enrollment) -> None:
    """Record what is done in the stages that are open, and award every star that follows, one after the other."""
    if enrollment.status == "withdrawn":
        return
    before = enrollment.stars
    outline = outlines.read(session, enrollment)
    evidence = outlines.evidence(session, enrollment, outline)
    for stage in outline.stages:
        if stage.star > enrollment.stars + 1:
            break
        _record(session, enrollment, stage, outline=outline, evidence=evidence)
        if stage.star == enrollment.stars + 1:
            proof = progress.earned_by(stage, outline, evidence, since=enrollment.evidence_since)
            if proof:
                _award(session, enrollment, stage, proof=proof, last=stage is outline.stages[-1])
    if enrollment.stars > before:
        offer_promotion(session, enrollment)


def _record(
    session: Session, enrollment: Enrollment, stage: StageOutline, *, outline: Outline, evidence: Evidence
) -> None:
    """The stage's lessons, masterclasses and modules that are done and not yet noted as such."""
    modules = outline.modules_of(stage.kind)
    if stage.kind is ModuleKind.COURSE:
        lessons = {
            lesson.lesson_id: (lesson, at)
            for module in modules
            for lesson in outline.lessons_of(module.module_id)
            if lesson.completed_at is None and (at := progress.lesson_done_at(lesson, module, evidence))
        }
        read_at = {key: lesson.read_at for key, (lesson, _) in lessons.items() if lesson.read_at}
        done = {key: at for key, (_, at) in lessons.items()}
        for lesson_id in repository.complete_lessons(session, enrollment.id, done, read_at=read_at):
            _tell_of_lesson(session, enrollment, lesson_id)
    if stage.kind is ModuleKind.MASTERCLASS:
        known = {talk.masterclass_id for talk in outline.talks if talk.completed_at}
        new = {k: at for k, at in progress.talks_done(outline, evidence).items() if k not in known}
        repository.complete_masterclasses(session, enrollment.id, new)
    completed = {
        module.module_id: at
        for module in modules
        if module.completed_at is None and (at := progress.module_done_at(module, outline, evidence))
    }
    repository.complete_modules(session, enrollment.id, completed)


def _tell_of_lesson(session: Session, enrollment: Enrollment, lesson_id: UUID) -> None:
    told = LessonCompleted(enrollment_id=enrollment.id, learner_id=enrollment.learner_id, lesson_id=lesson_id)
    emit(session, told)


def _award(
    session: Session, enrollment: Enrollment, stage: StageOutline, *, proof: Proof, last: bool
) -> None:
    repository.award(session, enrollment.id, stage.star, evidence=proof.evidence)
    if proof.mean_score is not None and enrollment.tier is None:
        _set_first_tier(session, enrollment, stage, proof.mean_score)
    enrollment.stars = stage.star
    enrollment.progressed_at = clock.now()
    tell_of_star(session, enrollment, stage.star, by_override=False)
    if last:
        complete(session, enrollment, tell=True)
    session.flush()


def _set_first_tier(session: Session, enrollment: Enrollment, stage: StageOutline, mean: float) -> None:
    version = session.get_one(ProgramVersion, enrollment.version_id)
    bounds = {Tier(entry["tier"]): float(entry["lower_bound"]) for entry in version.tier_ranges}
    new = tiers.tier_for(mean, bounds)
    change_tier(session, enrollment, new, cause="initial", star=stage.star, evidence={"mean": mean})


def change_tier(
    session: Session,
    enrollment: Enrollment,
    new: Tier,
    *,
    cause: str,
    star: int,
    attempt_id: UUID | None = None,
    override_id: UUID | None = None,
    evidence: dict[str, object] | None = None,
) -> None:
    """Log the change, set the cached tier, and tell of it. The caller flushes."""
    old = Tier(enrollment.tier) if enrollment.tier else None
    repository.change_tier(
        session, enrollment.id, old_tier=old, new_tier=new, cause=cause, star=star, attempt_id=attempt_id,
        override_id=override_id, evidence=evidence or {},
    )  # fmt: skip
    enrollment.tier = new
    enrollment.progressed_at = clock.now()
    changed = TierChanged(
        enrollment_id=enrollment.id, learner_id=enrollment.learner_id, old=old, new=new, cause=cause
    )
    emit(session, changed)


def tell_of_star(session: Session, enrollment: Enrollment, star: int, *, by_override: bool) -> None:
    """Emit the star's event."""
    awarded = StarAwarded(
        enrollment_id=enrollment.id,
        learner_id=enrollment.learner_id,
        program_id=enrollment.program_id,
        star=star,
        tier=Tier(enrollment.tier) if enrollment.tier else None,
        by_override=by_override,
    )
    emit(session, awarded)


def complete(session: Session, enrollment: Enrollment, *, tell: bool) -> None:
    """The last star completes the program, the first time only; `tell` lets credentials follow."""
    enrollment.status = "completed"
    if enrollment.completed_at is not None:
        return
    enrollment.completed_at = clock.now()
    if tell:
        completed = ProgramCompleted(
            enrollment_id=enrollment.id, learner_id=enrollment.learner_id, program_id=enrollment.program_id
        )
        emit(session, completed)


def offer_promotion(session: Session, enrollment: Enrollment) -> None:
    """Tell of the exam that the newest star offers, if it offers one (JR-47)."""
    offer = promotion_eligibility(session, learner_id=enrollment.learner_id, enrollment_id=enrollment.id)
    if offer:
        told = PromotionOffered(
            enrollment_id=offer.enrollment_id,
            learner_id=offer.learner_id,
            star=offer.star,
            current_tier=offer.current_tier,
            target_tier=offer.target_tier,
        )
        emit(session, told)

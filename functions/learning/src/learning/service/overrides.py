"""Overrides: staff set a star or a tier, with a reason; what was earned is superseded, never erased (X-47)."""

from uuid import UUID

from sqlalchemy.orm import Session

from learning.errors import NothingToOverride
from learning.models.enrollments import Enrollment
from learning.models.overrides import ProgressOverride
from learning.models.programs import ProgramVersion
from learning.repository import awards, enrollments, outline
from learning.repository import overrides as repository
from learning.rules import overrides as rules
from learning.rules import progress, texts
from learning.rules.outline import Evidence, Outline
from learning.rules.overrides import Change, Promotion, Standing, modules_between
from learning.schemas.overrides import (
    OverrideCreate,
    OverrideMade,
    OverridePreview,
    OverridePreviewCreate,
    OverrideRead,
)
from learning.service import standing
from lodestar import audit, clock
from lodestar.contracts.assessment import AssessmentKind
from lodestar.contracts.learning import Tier
from lodestar.ids import new_id
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.principal import Principal
from lodestar.problems import InvalidContent, NotFound


def list_own(
    session: Session, principal: Principal, page: PageQuery, *, enrollment_id: UUID | None
) -> Page[ProgressOverride]:
    """The organization's overrides, newest first."""
    statement = repository.own(principal)
    if enrollment_id:
        statement = statement.where(ProgressOverride.enrollment_id == enrollment_id)
    return paginate(session, statement, page, keys=(ProgressOverride.id,))


def override(session: Session, principal: Principal, body: OverrideCreate) -> OverrideMade:
    """Raises `NotFound`, `InvalidContent`, `NothingToOverride`."""
    enrollment = enrollments.get(session, principal, body.enrollment_id, lock=True)
    if enrollment is None:
        raise NotFound()
    program = outline.read(session, enrollment)
    before = enrollment.stars
    row = _row(enrollment, body, decided_by=principal.user_id, program=program)
    session.add(row)
    session.flush()
    _set_standing(session, enrollment, row, tell=body.issue_credentials, last=len(program.stages))
    audit.record(
        session, "enrollment.overridden", subject_type="enrollment", subject_id=enrollment.id,
        before={"star": row.old_star, "tier": row.old_tier}, after={"star": row.new_star, "tier": row.new_tier},
        reason=row.reason,
    )  # fmt: skip
    if row.new_star > before:
        standing.settle(session, enrollment)
        if enrollment.stars == row.new_star:
            standing.offer_promotion(session, enrollment)
    return _made(row, program, before=before, after=enrollment.stars)


def preview(session: Session, principal: Principal, body: OverridePreviewCreate) -> OverridePreview:
    """What it would do, with nothing done. Raises what `override` raises."""
    enrollment = enrollments.get(session, principal, body.enrollment_id)
    if enrollment is None:
        raise NotFound()
    program = outline.read(session, enrollment)
    given, tier = _wanted(enrollment, body, program=program)
    evidence = outline.evidence(session, enrollment, program)
    version = session.get_one(ProgramVersion, enrollment.version_id)
    star = given
    if given > enrollment.stars and enrollment.status != "withdrawn":
        star = progress.stars_earned(program, evidence, stars=given, since=enrollment.evidence_since)
    found = rules.consequences(
        program,
        Promotion(enabled=version.promotion_enabled, after_stars=version.promotion_after_stars),
        _standing(session, enrollment, evidence),
        Change(given=given, star=star, tier=tier, issue_credentials=body.issue_credentials),
    )
    return OverridePreview(
        enrollment_id=enrollment.id,
        old_star=enrollment.stars,
        star=star,
        old_tier=Tier(enrollment.tier) if enrollment.tier else None,
        tier=tier,
        opened=[module.module_id for module in modules_between(program, enrollment.stars, star)],
        locked=[module.module_id for module in modules_between(program, star, enrollment.stars)],
        warning=found[0],
        consequences=found,
    )


def _standing(session: Session, enrollment: Enrollment, evidence: Evidence) -> Standing:
    taken = {
        attempt.star
        for attempt in evidence.attempts
        if attempt.kind is AssessmentKind.PROMOTION_EXAM and attempt.star and attempt.state != "failed"
    }
    skipped = {decline.star for decline in awards.declines(session, enrollment.id)}
    return Standing(
        star=enrollment.stars,
        tier=Tier(enrollment.tier) if enrollment.tier else None,
        status=enrollment.status,
        was_completed=enrollment.completed_at is not None,
        used_stars=frozenset(taken | skipped),
    )


def _wanted(
    enrollment: Enrollment, body: OverridePreviewCreate, *, program: Outline
) -> tuple[int, Tier | None]:
    star = enrollment.stars if body.star is None else body.star
    tier = body.tier or (Tier(enrollment.tier) if enrollment.tier else None)
    if star == enrollment.stars and tier == enrollment.tier:
        raise NothingToOverride()
    if star > len(program.stages):
        raise InvalidContent(f"The program has {len(program.stages)} stars.")
    if star > 0 and tier is None:
        raise InvalidContent("Give a tier too: the learner has none yet, and content is made for a tier.")
    return star, tier


def _row(
    enrollment: Enrollment, body: OverrideCreate, *, decided_by: UUID, program: Outline
) -> ProgressOverride:
    star, tier = _wanted(enrollment, body, program=program)
    return ProgressOverride(
        id=new_id(), enrollment_id=enrollment.id, decided_by=decided_by, reason=body.reason,
        old_star=enrollment.stars, new_star=star, old_tier=enrollment.tier, new_tier=tier,
    )  # fmt: skip


def _set_standing(
    session: Session, enrollment: Enrollment, row: ProgressOverride, *, tell: bool, last: int
) -> None:
    awards.supersede(session, enrollment.id, above=row.new_star, override_id=row.id)
    raised = range(row.old_star + 1, row.new_star + 1)
    for star in raised:
        awards.award(session, enrollment.id, star, override_id=row.id)
    if row.new_tier and row.new_tier != row.old_tier:
        standing.change_tier(
            session, enrollment, Tier(row.new_tier), cause="override", star=row.new_star, override_id=row.id
        )
    if row.new_star < row.old_star:
        enrollment.evidence_since = clock.now()
        enrollment.status = "active" if enrollment.status == "completed" else enrollment.status
    enrollment.stars = row.new_star
    enrollment.progressed_at = clock.now()
    for star in raised:
        standing.tell_of_star(session, enrollment, star, by_override=True)
    if row.new_star == last > row.old_star:
        standing.complete(session, enrollment, tell=tell)
    session.flush()


def _made(row: ProgressOverride, program: Outline, *, before: int, after: int) -> OverrideMade:
    opened, locked = modules_between(program, before, after), modules_between(program, after, before)
    return OverrideMade(
        **OverrideRead.model_validate(row).model_dump(),
        opened=[module.module_id for module in opened],
        locked=[module.module_id for module in locked],
        warning=texts.override_warning([m.title for m in opened], [m.title for m in locked]),
    )

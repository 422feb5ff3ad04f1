"""Overrides: staff set a star or a tier, with a reason; what was earned is superseded, never erased (X-47)."""

from uuid import UUID

from sqlalchemy.orm import Session

from learning.errors import NothingToOverride
from learning.models.enrollments import Enrollment
from learning.models.overrides import ProgressOverride
from learning.repository import awards, enrollments, outline
from learning.repository import overrides as repository
from learning.rules import texts
from learning.rules.outline import ModuleOutline, Outline
from learning.schemas.overrides import OverrideCreate, OverrideMade, OverrideRead
from learning.service import standing
from lodestar import audit, clock
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


def _row(
    enrollment: Enrollment, body: OverrideCreate, *, decided_by: UUID, program: Outline
) -> ProgressOverride:
    star = enrollment.stars if body.star is None else body.star
    tier = body.tier or (Tier(enrollment.tier) if enrollment.tier else None)
    if star == enrollment.stars and tier == enrollment.tier:
        raise NothingToOverride()
    if star > len(program.stages):
        raise InvalidContent(f"The program has {len(program.stages)} stars.")
    if star > 0 and tier is None:
        raise InvalidContent("Give a tier too: the learner has none yet, and content is made for a tier.")
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
    def modules_within(low: int, high: int) -> list[ModuleOutline]:
        stars = {stage.kind: stage.star for stage in program.stages}
        return [module for module in program.modules if low < stars[module.kind] - 1 <= high]

    opened, locked = modules_within(before, after), modules_within(after, before)
    return OverrideMade(
        **OverrideRead.model_validate(row).model_dump(),
        opened=[module.module_id for module in opened],
        locked=[module.module_id for module in locked],
        warning=texts.override_warning([m.title for m in opened], [m.title for m in locked]),
    )

"""Writing programs: a draft is edited, published for good, and followed by the next draft."""

from uuid import UUID

from sqlalchemy.orm import Session

from learning.errors import DraftIncomplete, NothingToPublish
from learning.models.programs import Program, ProgramVersion, Stage
from learning.repository import drafts
from learning.repository import programs as repository
from learning.rules import stages as rules
from learning.rules import texts, tiers
from learning.rules.stages import StagePlan
from learning.schemas.programs import (
    ProgramCreate,
    ProgramPatch,
    ProgramRead,
    PromotionSettings,
    StageRead,
    StagesRead,
    StagesWrite,
    TierRange,
)
from learning.service import content
from lodestar import audit
from lodestar.clock import now
from lodestar.db import expect_version
from lodestar.ids import new_id
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.problems import InvalidContent, NotFound


def list_own(session: Session, page: PageQuery, *, key: str | None, type_: str | None) -> Page[ProgramRead]:
    """The organization's programs, newest first."""
    statement = repository.own_programs(session)
    statement = statement.where(Program.key == key) if key else statement
    statement = statement.where(Program.type == type_) if type_ else statement
    found: Page[Program] = paginate(session, statement, page, keys=(Program.id,))
    published = repository.published_versions(session, [program.id for program in found.data])
    return Page([_read(program, published.get(program.id)) for program in found.data], found.page)


def get(session: Session, program_id: UUID) -> Program:
    """The organization's own program. Raises `NotFound`."""
    program = repository.own_program(session, program_id)
    if program is None:
        raise NotFound()
    return program


def read(session: Session, program_id: UUID) -> ProgramRead:
    """The program with its draft and its published version. Raises `NotFound`."""
    program = get(session, program_id)
    published = repository.published_versions(session, [program_id]).get(program_id)
    return _read(program, published, draft=repository.draft_of(session, program_id))


def _read(
    program: Program, published: ProgramVersion | None, *, draft: ProgramVersion | None = None
) -> ProgramRead:
    answer = ProgramRead.model_validate(program)
    answer.draft_version_id = draft.id if draft else None
    if published:
        answer.published_version_id, answer.published_number = published.id, published.number
    return answer


def create(session: Session, body: ProgramCreate) -> ProgramRead:
    """A program with a draft of its type's usual stages. Raises `KeyTaken`."""
    program = Program(id=new_id(), **body.model_dump())
    content.add(session, program)
    job_readiness = body.type == "job_readiness"
    draft = ProgramVersion(
        id=new_id(),
        program_id=program.id,
        number=1,
        tier_ranges=[
            {"tier": tier.value, "lower_bound": bound, "colour": tiers.COLOURS[tier]}
            for tier, bound in tiers.LOWER_BOUNDS.items()
        ]
        if job_readiness
        else [],
        promotion_enabled=job_readiness,
        promotion_after_stars=list(rules.PROMOTION_AFTER_STARS) if job_readiness else [],
    )
    session.add(draft)
    session.flush()
    _add_stages(session, draft, rules.DEFAULTS[body.type])
    return _read(program, None, draft=draft)


def change(session: Session, program_id: UUID, body: ProgramPatch, *, if_match: int | None) -> ProgramRead:
    """Raises `NotFound`, `StaleVersion`."""
    content.change(session, get(session, program_id), body, if_match=if_match)
    return read(session, program_id)


def archive(session: Session, program_id: UUID) -> None:
    """Nobody new is enrolled on it any more; who is, goes on. Raises `NotFound`."""
    program = get(session, program_id)
    program.archived_at = now()
    audit.record(session, "program.archived", subject_type="program", subject_id=program_id)


def read_stages(session: Session, program_id: UUID) -> StagesRead:
    """The draft's stages, tier ranges and promotion. Raises `NotFound`."""
    get(session, program_id)
    draft = repository.draft_of(session, program_id)
    return _stages(draft, repository.stages_of(session, draft.id))


def _stages(version: ProgramVersion, stages: list[Stage]) -> StagesRead:
    return StagesRead(
        program_id=version.program_id,
        version_id=version.id,
        number=version.number,
        published_at=version.published_at,
        version=version.version,
        holds_for=texts.DRAFT_HOLDS_FOR,
        stages=[StageRead.model_validate(stage) for stage in stages],
        tier_ranges=[TierRange.model_validate(entry) for entry in version.tier_ranges],
        promotion=PromotionSettings(
            enabled=version.promotion_enabled, after_stars=version.promotion_after_stars
        ),
    )


def write_stages(
    session: Session, program_id: UUID, body: StagesWrite, *, if_match: int | None
) -> StagesRead:
    """Replace what was sent of the draft's criteria. Raises `NotFound`, `StaleVersion`, `InvalidContent`."""
    program = get(session, program_id)
    draft = repository.draft_of(session, program_id, lock=True)
    expect_version(draft, if_match)
    if body.stages is not None:
        plans = [StagePlan(**stage.model_dump()) for stage in sorted(body.stages, key=lambda s: s.star)]
        _refuse(rules.fault_in(plans, program_type=program.type), "stages")
        repository.remove_stages(session, draft.id)
        _add_stages(session, draft, tuple(plans))
    if body.tier_ranges is not None:
        fault = tiers.fault_at([(entry.tier, entry.lower_bound) for entry in body.tier_ranges])
        if fault:
            _refuse(fault[1], f"tier_ranges.{fault[0]}")
        draft.tier_ranges = [entry.model_dump(mode="json") for entry in body.tier_ranges]
    if body.promotion is not None:
        draft.promotion_enabled = body.promotion.enabled
        draft.promotion_after_stars = sorted(set(body.promotion.after_stars))
    draft.edited_at = draft.updated_at = now()
    session.flush()
    return _stages(draft, repository.stages_of(session, draft.id))


def _refuse(fault: str | None, field: str) -> None:
    if fault:
        error = {"field": field, "code": "does_not_fit", "message": fault}
        raise InvalidContent(fault, errors=[error])


def _add_stages(session: Session, draft: ProgramVersion, plans: tuple[StagePlan, ...]) -> None:
    session.add_all(
        Stage(
            program_id=draft.program_id, version_id=draft.id, star=plan.star, kind=plan.kind,
            required_count=plan.required_count, title=plan.title, description=plan.description,
            earned_text=plan.earned_text,
        )
        for plan in plans
    )  # fmt: skip
    session.flush()


def publish(session: Session, program_id: UUID) -> ProgramVersion:
    """Publish the draft and open the next. Raises `NotFound`, `NothingToPublish`, `DraftIncomplete`."""
    draft = repository.own_draft(session, program_id)
    if draft is None:
        raise NotFound()
    if draft.number > 1 and draft.edited_at is None:
        raise NothingToPublish()
    missing = rules.missing_from(*drafts.plan_of(session, draft.id))
    if missing:
        raise DraftIncomplete(" ".join(missing), missing=missing)
    draft.published_at = now()
    session.flush()
    repository.open_next(session, draft)
    audit.record(
        session,
        "program.published",
        subject_type="program",
        subject_id=program_id,
        after={"number": draft.number},
    )
    return draft

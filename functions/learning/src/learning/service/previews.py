"""A draft as learners would have it, before it is published."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from learning.models.programs import ProgramVersion, Stage
from learning.repository import drafts, previews, programs
from learning.rules import stages as rules
from learning.rules import texts, tiers
from learning.rules.warnings import DraftContent, warnings
from learning.schemas.programs import PreviewModule, PreviewStage, ProgramPreview, TierText
from learning.service.progress import tier_read
from lodestar.contracts.learning import ModuleKind, Tier
from lodestar.problems import NotFound


def preview(session: Session, program_id: UUID) -> ProgramPreview:
    """Nothing is changed. Raises `NotFound`."""
    program = programs.own_program(session, program_id)
    if program is None:
        raise NotFound()
    draft = programs.draft_of(session, program_id)
    plans, counts = drafts.plan_of(session, draft.id)
    content, learners = previews.content_of(session, draft)
    return ProgramPreview(
        program_id=program.id,
        version_id=draft.id,
        number=draft.number,
        title=program.title,
        description=program.description,
        stages=_stages(programs.stages_of(session, draft.id), content),
        tiers=_tiers(draft),
        promotion_text=texts.promotion_settings(draft.promotion_after_stars, enabled=draft.promotion_enabled),
        masterclasses=content.talks,
        missing=rules.missing_from(plans, counts),
        warnings=warnings(plans, content),
        learners_unchanged=learners,
        holds_for=texts.DRAFT_HOLDS_FOR,
    )


def _stages(stages: Sequence[Stage], content: DraftContent) -> list[PreviewStage]:
    return [
        PreviewStage(
            star=stage.star,
            kind=ModuleKind(stage.kind),
            title=stage.title,
            description=stage.description,
            criteria=texts.criteria(ModuleKind(stage.kind), stage.required_count),
            unlocked_by=texts.locked(before.star, before.title) if before else None,
            earned_text=stage.earned_text,
            modules=[
                PreviewModule.model_validate(module)
                for module in content.modules
                if module.kind == stage.kind
            ],
        )
        for before, stage in zip((None, *stages), stages, strict=False)
    ]


def _tiers(draft: ProgramVersion) -> list[TierText]:
    bounds = [(Tier(entry["tier"]), float(entry["lower_bound"])) for entry in draft.tier_ranges]
    found = []
    for tier, low, high in tiers.ranges(bounds):
        shown = tier_read(tier, draft.tier_ranges)
        if shown:
            is_last = tier is bounds[-1][0]
            found.append(TierText(**shown.model_dump(), range_text=texts.tier_range(low, high, last=is_last)))
    return found

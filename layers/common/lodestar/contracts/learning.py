"""What learning tells: programs, enrollments, stars, tiers, and what is open to whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, column, exists, table, text
from sqlalchemy.orm import Session

from lodestar.contracts.identity import JOB_READINESS
from lodestar.events import Event
from lodestar.problems import FeatureOff


class ModuleKind(StrEnum):
    """What a module is made of; a Job Readiness stage has modules of one kind."""

    ASSESSMENT = "assessment"
    COURSE = "course"
    MASTERCLASS = "masterclass"
    PROJECT = "project"
    INTERVIEW = "interview"


class Tier(StrEnum):
    """How demanding a learner's content is."""

    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"


class ProgramAssigned(Event):
    """A program is now offered to the event's organization."""

    name: ClassVar[str] = "learning.program_assigned"
    program_id: UUID


class EnrollmentCreated(Event):
    """A learner is on a program version."""

    name: ClassVar[str] = "learning.enrollment_created"
    enrollment_id: UUID
    learner_id: UUID
    program_id: UUID
    version_id: UUID


class LessonCompleted(Event):
    """A lesson is done: its media covered, and its quiz passed where one is enabled."""

    name: ClassVar[str] = "learning.lesson_completed"
    enrollment_id: UUID
    learner_id: UUID
    lesson_id: UUID


class StarAwarded(Event):
    """A star, by evidence or by override. `tier` is the tier after it."""

    name: ClassVar[str] = "learning.star_awarded"
    enrollment_id: UUID
    learner_id: UUID
    program_id: UUID
    star: int
    tier: Tier | None
    by_override: bool


class TierChanged(Event):
    """`cause` is `initial`, `promotion` or `override`."""

    name: ClassVar[str] = "learning.tier_changed"
    enrollment_id: UUID
    learner_id: UUID
    old: Tier | None
    new: Tier
    cause: str


class PromotionOffered(Event):
    """A learner may now take the exam for the next tier, once, or skip it."""

    name: ClassVar[str] = "learning.promotion_offered"
    enrollment_id: UUID
    learner_id: UUID
    star: int
    current_tier: Tier
    target_tier: Tier


class ProgramCompleted(Event):
    """Every star is earned."""

    name: ClassVar[str] = "learning.program_completed"
    enrollment_id: UUID
    learner_id: UUID
    program_id: UUID


@dataclass(frozen=True, slots=True)
class ModuleAccess:
    """One module as one enrollment sees it. `required_star` opens it; `reason` is for a person when it is locked."""

    enrollment_id: UUID
    learner_id: UUID
    program_id: UUID
    version_id: UUID
    module_id: UUID
    kind: ModuleKind
    title: str
    configuration: dict[str, Any]
    required_star: int
    stars: int
    tier: Tier | None
    background_id: UUID | None
    open: bool
    reason: str | None
    switched_off: bool


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson that the reader's organization may see. `asset_id` is its video; a text lesson has none."""

    lesson_id: UUID
    module_id: UUID
    title: str
    asset_id: UUID | None


@dataclass(frozen=True, slots=True)
class PromotionEligibility:
    """The one exam an enrollment may take now, if any."""

    enrollment_id: UUID
    learner_id: UUID
    program_id: UUID
    star: int
    current_tier: Tier
    target_tier: Tier


HIDDEN_PROGRAMS = table("v_hidden_programs", column("program_id"), schema="learning")
HIDDEN_MODULES = table("v_hidden_modules", column("module_id"), schema="learning")
"""What an organization that switches the feature `job_readiness` off gets (JR-14), wherever these are asked.

Programs of the type job_readiness are hidden from its learners: lists leave them out, and whoever asks for one by its
id is told 403 `feature_off` rather than 404, for a learner with a bookmark should read that nothing is lost. Nobody is
enrolled on them, opens an attempt, watches, reads, or is offered a promotion. What stays: staff read and write
everything; study programs, and all that is no program's (messages, uploads, one's own data), answer as before; every
row stays as it is. What was begun finishes: an attempt in progress is read, saved and handed in before its deadline,
what was handed in is graded, and stars that it earns are awarded, because the guards in the data layer do not ask this.
Turned on again everything continues, and who joined meanwhile is enrolled.

It is asked inside statements that are sent anyway: while the feature is on, a view of nothing, which costs one look at
the flag a statement.
"""
ACCESS = """
SELECT a.enrollment_id, a.learner_id, a.program_id, a.version_id, a.module_id, a.kind, a.title, a.configuration,
       a.required_star, a.stars, a.tier, a.background_id, a.open, a.reason,
       EXISTS (SELECT FROM learning.v_hidden_programs AS h WHERE h.program_id = a.program_id) AS switched_off
FROM learning.v_module_access AS a
WHERE a.enrollment_id = :enrollment AND a.learner_id = :learner AND a.module_id = :module
"""
PROMOTION = """
SELECT enrollment_id, learner_id, program_id, star, current_tier, target_tier
FROM learning.v_promotion_eligibility WHERE enrollment_id = :enrollment AND learner_id = :learner
"""


def is_hidden(program_id: Any) -> ColumnElement[bool]:
    """SQL for: the program is switched off for learners."""
    found = exists().where(HIDDEN_PROGRAMS.c.program_id == program_id)
    return found.correlate_except(HIDDEN_PROGRAMS)


def is_hidden_module(module_id: Any) -> ColumnElement[bool]:
    """SQL for: the module's program is switched off for learners."""
    return exists().where(HIDDEN_MODULES.c.module_id == module_id).correlate_except(HIDDEN_MODULES)


def is_switched_off(session: Session, enrollment_id: UUID) -> bool:
    """Whether the program of this enrollment is switched off for learners."""
    query = """
        SELECT EXISTS (
          SELECT FROM learning.v_enrollments AS e JOIN learning.v_hidden_programs AS h ON h.program_id = e.program_id
          WHERE e.enrollment_id = :id)
    """
    return bool(session.scalar(text(query), {"id": enrollment_id}))


def switched_off() -> FeatureOff:
    """The refusal."""
    return FeatureOff(
        "Your institution has switched Job Readiness off for now. What you did is kept, and goes on when it is back.",
        feature=JOB_READINESS.key,
    )


def module_access(
    session: Session, *, learner_id: UUID, enrollment_id: UUID, module_id: UUID
) -> ModuleAccess | None:
    """How the module stands for the learner's enrollment; None when it is not theirs or not in their version."""
    parameters = {"enrollment": enrollment_id, "learner": learner_id, "module": module_id}
    row = session.execute(text(ACCESS), parameters).first()
    if row is None:
        return None
    fields = row._asdict()
    fields["kind"] = ModuleKind(fields["kind"])
    fields["tier"] = Tier(fields["tier"]) if fields["tier"] else None
    return ModuleAccess(**fields)


def lesson(session: Session, lesson_id: UUID) -> Lesson | None:
    """The lesson, when the reader's organization may see it."""
    query = "SELECT lesson_id, module_id, title, asset_id FROM learning.v_lessons WHERE lesson_id = :id"
    row = session.execute(text(query), {"id": lesson_id}).first()
    return Lesson(*row) if row else None


def has_written(session: Session, kind: Literal["program", "module", "lesson"], content_id: UUID) -> bool:
    """Whether the reader's organization wrote this; what it is only assigned, it did not."""
    query = "SELECT EXISTS (SELECT FROM learning.v_written WHERE kind = :kind AND id = :id)"
    return bool(session.scalar(text(query), {"kind": kind, "id": content_id}))


def written_lessons(session: Session, lesson_ids: Sequence[UUID]) -> set[UUID]:
    """Those of these lessons that the reader's organization wrote."""
    query = "SELECT id FROM learning.v_written WHERE kind = 'lesson' AND id = ANY (:ids)"
    return set(session.scalars(text(query), {"ids": list(lesson_ids)}))


def module_configuration(session: Session, module_id: UUID) -> dict[str, Any]:
    """How the module's author configured it, in the published version if there is one; empty when it is not theirs
    or assigned to them."""
    query = "SELECT configuration FROM learning.v_module_configurations WHERE module_id = :id"
    return session.scalar(text(query), {"id": module_id}) or {}


def is_taught_with(session: Session, asset_id: UUID) -> bool:
    """Whether a program of the reader's organization, its own or an assigned one, shows the asset to learners."""
    query = "SELECT EXISTS (SELECT FROM learning.v_taught_assets WHERE asset_id = :id)"
    return bool(session.scalar(text(query), {"id": asset_id}))


def promotion_eligibility(
    session: Session, *, learner_id: UUID, enrollment_id: UUID
) -> PromotionEligibility | None:
    """The promotion exam open to the enrollment now; None when there is none (or it is not the learner's)."""
    row = session.execute(text(PROMOTION), {"enrollment": enrollment_id, "learner": learner_id}).first()
    if row is None:
        return None
    fields = row._asdict()
    fields["current_tier"], fields["target_tier"] = Tier(fields["current_tier"]), Tier(fields["target_tier"])
    return PromotionEligibility(**fields)


@dataclass(frozen=True, slots=True)
class AssetUse:
    """Where a program uses a media asset, and whether this learner may play it there."""

    asset_id: UUID
    enrollment_id: UUID
    required_star: int
    open: bool
    reason: str | None
    switched_off: bool


def asset_use(session: Session, *, learner_id: UUID, asset_id: UUID) -> AssetUse | None:
    """The learner's most open use of the asset in a lesson or masterclass; None when no enrollment has it."""
    query = """
        SELECT a.asset_id, a.enrollment_id, a.required_star, a.open, a.reason, EXISTS (
          SELECT FROM learning.v_enrollments AS e JOIN learning.v_hidden_programs AS h ON h.program_id = e.program_id
          WHERE e.enrollment_id = a.enrollment_id
        ) AS switched_off
        FROM learning.v_asset_access AS a WHERE a.learner_id = :learner AND a.asset_id = :asset
        ORDER BY switched_off, a.open DESC, a.enrollment_id LIMIT 1
    """
    row = session.execute(text(query), {"learner": learner_id, "asset": asset_id}).first()
    return AssetUse(*row) if row else None

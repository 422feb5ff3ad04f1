"""Programs and enrollments as rows, as far along as a test needs them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from learning.models.awards import StageAward, TierChange
from learning.models.cohorts import Cohort
from learning.models.enrollments import Enrollment
from learning.models.lessons import Lesson
from learning.models.masterclasses import Masterclass
from learning.models.modules import Module
from learning.models.program_assignments import ProgramAssignment
from learning.models.programs import Program, ProgramVersion, Stage
from lodestar.clock import now
from lodestar.contracts.learning import ModuleKind, Tier
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.principal import NOBODY

KINDS = tuple(ModuleKind)
ASSESSMENTS = 5
TIER_RANGES = [
    {"tier": "bronze", "lower_bound": 0},
    {"tier": "silver", "lower_bound": 60},
    {"tier": "gold", "lower_bound": 80},
]
CONFIGURATIONS: dict[ModuleKind, dict[str, Any]] = {
    ModuleKind.ASSESSMENT: {},
    ModuleKind.COURSE: {"enable_ai_quizzes": False},
    ModuleKind.MASTERCLASS: {},
    ModuleKind.PROJECT: {},
    ModuleKind.INTERVIEW: {},
}
REQUIRED: dict[ModuleKind, int | None] = {
    ModuleKind.ASSESSMENT: ASSESSMENTS,
    ModuleKind.COURSE: None,
    ModuleKind.MASTERCLASS: 5,
    ModuleKind.PROJECT: 1,
    ModuleKind.INTERVIEW: 1,
}


@dataclass
class ProgramRows:
    """A published program's ids. `lessons` are those of the courses, in order; assets in the same order."""

    owner_id: UUID
    program_id: UUID
    version_id: UUID
    modules: dict[ModuleKind, list[UUID]] = field(default_factory=dict)
    lessons: list[UUID] = field(default_factory=list)
    lesson_assets: list[UUID] = field(default_factory=list)
    masterclasses: list[UUID] = field(default_factory=list)
    masterclass_assets: list[UUID] = field(default_factory=list)

    def module(self, kind: ModuleKind) -> UUID:
        """The first module of the kind."""
        return self.modules[kind][0]


def _add_modules(
    session: Session, rows: "ProgramRows", *, courses: int, course_configuration: dict[str, Any]
) -> None:
    """The five stages and their modules, whose ids are noted in `rows`."""
    for star, kind in enumerate(KINDS, start=1):
        count = {ModuleKind.ASSESSMENT: ASSESSMENTS, ModuleKind.COURSE: courses}.get(kind, 1)
        settings = course_configuration if kind is ModuleKind.COURSE else CONFIGURATIONS[kind]
        session.add(
            Stage(program_id=rows.program_id, version_id=rows.version_id, star=star, kind=kind, title=f"Stage {star}",
                  required_count=REQUIRED[kind])
        )  # fmt: skip
        rows.modules[kind] = [new_id() for _ in range(count)]
        session.add_all(
            Module(id=module_id, program_id=rows.program_id, version_id=rows.version_id, kind=kind, key=f"{kind}-{nth}",
                   title=f"{kind.capitalize()} {nth}", position=nth, configuration=settings)
            for nth, module_id in enumerate(rows.modules[kind], start=1)
        )  # fmt: skip
    session.flush()


def _publish(session: Session, version_id: UUID) -> None:
    session.execute(update(ProgramVersion).where(ProgramVersion.id == version_id).values(published_at=now()))


def a_program(
    owner_id: UUID,
    *,
    assigned_to: Sequence[UUID] | None = None,
    courses: int = 1,
    lesson_assets: Sequence[UUID | None] | None = None,
    masterclass_assets: Sequence[UUID] | None = None,
    quizzes: bool = False,
    course_configuration: dict[str, Any] | None = None,
) -> ProgramRows:
    """A published Job Readiness program of five stages, assigned to `assigned_to` (by default its owner).

    `lesson_assets`: one lesson per entry, dealt to the courses in turn; None makes a text lesson. By default two
    video lessons and six masterclasses, whose assets are ids that no media row has yet.
    """
    lesson_assets = [new_id(), new_id()] if lesson_assets is None else lesson_assets
    masterclass_assets = [new_id() for _ in range(6)] if masterclass_assets is None else masterclass_assets
    configuration = course_configuration or {"enable_ai_quizzes": quizzes, "ai_quiz_question_count": 10}
    with work_for(owner_id) as session:
        program = Program(
            id=new_id(), key=f"program-{new_id().hex}", type="job_readiness", title="Job Readiness"
        )
        session.add(program)
        session.flush()
        version = ProgramVersion(
            id=new_id(), program_id=program.id, number=1, tier_ranges=TIER_RANGES,
            promotion_enabled=True, promotion_after_stars=[2, 3, 4],
        )  # fmt: skip
        session.add(version)
        session.flush()
        rows = ProgramRows(owner_id, program.id, version.id, masterclass_assets=list(masterclass_assets))
        _add_modules(session, rows, courses=courses, course_configuration=configuration)
        for nth, asset_id in enumerate(lesson_assets, start=1):
            lesson = Lesson(
                id=new_id(), program_id=program.id, version_id=version.id,
                module_id=rows.modules[ModuleKind.COURSE][(nth - 1) % courses], key=f"lesson-{nth}",
                title=f"Lesson {nth}", position=nth, asset_id=asset_id,
                body=None if asset_id else "Read this to the end.",
            )  # fmt: skip
            session.add(lesson)
            rows.lessons.append(lesson.id)
            rows.lesson_assets += [asset_id] if asset_id else []
        for nth, asset_id in enumerate(masterclass_assets, start=1):
            talk = Masterclass(
                id=new_id(), program_id=program.id, key=f"talk-{nth}", title=f"Talk {nth}", position=nth,
                asset_id=asset_id,
            )  # fmt: skip
            session.add(talk)
            rows.masterclasses.append(talk.id)
        session.flush()
        _publish(session, version.id)
    for org_id in (owner_id,) if assigned_to is None else assigned_to:
        assign(rows, org_id)
    return rows


def assign(program: ProgramRows, org_id: UUID) -> UUID:
    """Offer the program to an organization."""
    with work_for(org_id) as session:
        row = ProgramAssignment(
            id=new_id(), owner_id=program.owner_id, program_id=program.program_id, assigned_by=NOBODY
        )
        session.add(row)
        session.flush()
        return row.id


def a_cohort(
    org_id: UUID, program: ProgramRows, *, title: str = "Autumn", capacity: int | None = None
) -> UUID:
    """An intake of the organization into the program."""
    with work_for(org_id) as session:
        row = Cohort(
            id=new_id(), program_id=program.program_id, title=title, capacity=capacity,
            starts_on=date(2026, 9, 1), ends_on=date(2026, 12, 18),
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def an_enrollment(
    org_id: UUID,
    learner_id: UUID,
    program: ProgramRows,
    *,
    stars: int = 0,
    tier: Tier = Tier.BRONZE,
    background_id: UUID | None = None,
    cohort_id: UUID | None = None,
) -> UUID:
    """The learner on the program, with `stars` stars; the tier is set with the first of them."""
    with work_for(org_id) as session:
        row = Enrollment(
            id=new_id(), learner_id=learner_id, program_id=program.program_id, version_id=program.version_id,
            background_id=background_id, cohort_id=cohort_id,
        )  # fmt: skip
        session.add(row)
        session.flush()
        enrollment_id = row.id
    if stars:
        give_stars(org_id, enrollment_id, stars, tier=tier)
    return enrollment_id


def give_stars(org_id: UUID, enrollment_id: UUID, stars: int, *, tier: Tier = Tier.BRONZE) -> None:
    """Bring the enrollment to `stars` stars; `tier` is set with the first, if there is none yet."""
    with work_for(org_id) as session:
        row = session.get_one(Enrollment, enrollment_id)
        for star in range(row.stars + 1, stars + 1):
            session.add(StageAward(enrollment_id=row.id, star=star, evidence={"given_by": "a test"}))
            session.flush()
        if row.tier is None:
            session.add(
                TierChange(enrollment_id=row.id, old_tier=None, new_tier=tier, cause="initial", star=1)
            )
            session.flush()
            row.tier = tier
        row.stars = stars


def seen_modules(org_id: UUID, enrollment_id: UUID) -> dict[UUID, bool]:
    """Which modules the enrollment has open, by the data layer's own view."""
    with work_for(org_id) as session:
        query = text("SELECT module_id, open FROM learning.v_module_access WHERE enrollment_id = :id")
        return {row.module_id: row.open for row in session.execute(query, {"id": enrollment_id})}

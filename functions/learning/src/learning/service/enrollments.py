"""Enrollments as people read and change them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from learning.errors import BackgroundFixed, IndividualsHidden, UnknownBackground
from learning.models.cohorts import Cohort
from learning.models.enrollments import Enrollment
from learning.models.programs import Program, ProgramVersion
from learning.repository import enrollments as repository
from learning.repository import progress, standing
from learning.rules import texts
from learning.schemas.cohorts import CohortRef
from learning.schemas.enrollments import EnrollmentPatch, EnrollmentRead, ModuleState
from learning.service import access, cohorts
from learning.service import standing as settling
from learning.service.enrolment import Enrolled
from learning.service.progress import summary, tier_read
from lodestar import audit
from lodestar.contracts import assessment, identity
from lodestar.contracts.assessment import AssessmentKind
from lodestar.contracts.learning import ModuleKind
from lodestar.db import expect_version
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.principal import Principal, Role
from lodestar.problems import Forbidden, NotFound

NOT_STARTED = frozenset({"preparing", "draft"})


def require_individuals(principal: Principal) -> None:
    """Raises `IndividualsHidden` for those who read aggregates only."""
    if not (principal.is_staff or principal.has(Role.LEARNER, Role.INSTRUCTOR, Role.SUPPORT_AGENT)):
        raise IndividualsHidden()


@dataclass(frozen=True, slots=True)
class EnrollmentFilters:
    """Which enrollments: all that is given must hold."""

    learner_id: UUID | None = None
    program_id: UUID | None = None
    cohort_id: UUID | None = None
    status: str | None = None


def list_for(
    session: Session, principal: Principal, page: PageQuery, wanted: EnrollmentFilters
) -> Page[EnrollmentRead]:
    """Staff: their organization's enrollments; learners: their own. Raises `IndividualsHidden`."""
    require_individuals(principal)
    statement = progress.enrolled(principal)
    statement = statement if principal.is_staff else statement.where(repository.shown())
    exact = {
        Enrollment.learner_id: wanted.learner_id,
        Enrollment.program_id: wanted.program_id,
        Enrollment.cohort_id: wanted.cohort_id,
        Enrollment.status: wanted.status,
    }
    for column, value in exact.items():
        statement = statement if value is None else statement.where(column == value)
    found = paginate(session, statement, page, keys=(Enrollment.id,))
    return Page(_read_all(session, principal, found.data), found.page)


def read(session: Session, principal: Principal, enrollment_id: UUID) -> EnrollmentRead:
    """Raises `NotFound`, `IndividualsHidden`, `FeatureOff`."""
    require_individuals(principal)
    row = progress.one(session, principal, enrollment_id)
    if row is None:
        raise NotFound()
    access.require_visible(principal, row[0])
    return _read_all(session, principal, [row])[0]


def read_new(session: Session, principal: Principal, new: Enrolled) -> EnrollmentRead:
    """What was just enrolled, of which all but the modules is at hand."""
    row = (new.enrollment, new.program, new.version, new.cohort)
    return _read_all(session, principal, [row], known={new.learner.user_id: new.learner})[0]


def _read_all(
    session: Session,
    principal: Principal,
    rows: Sequence[Any],
    *,
    known: Mapping[UUID, identity.Member] | None = None,
) -> list[EnrollmentRead]:
    ids = [row[0].id for row in rows]
    modules: dict[UUID, list[ModuleState]] = defaultdict(list)
    offers: set[UUID] = set()
    for module in standing.modules_of(session, ids):
        modules[module.enrollment_id].append(_module_state(module))
        offers |= {module.enrollment_id} if module.offered else set()
    learners = [row[0].learner_id for row in rows]
    names = known or (identity.members(session, learners) if principal.is_staff else {})
    return [
        _read(
            *row, modules=modules[row[0].id], offered=row[0].id in offers, member=names.get(row[0].learner_id)
        )
        for row in rows
    ]


def _module_state(row: Any) -> ModuleState:
    return ModuleState(
        module_id=row.module_id,
        kind=ModuleKind(row.kind),
        title=row.title,
        star=row.required_star + 1,
        locked=not row.open,
        reason=row.reason,
        completed_at=row.completed_at,
    )


def _read(
    enrollment: Enrollment,
    program: Program,
    version: ProgramVersion,
    cohort: Cohort | None,
    *,
    modules: list[ModuleState],
    offered: bool,
    member: identity.Member | None,
) -> EnrollmentRead:
    ahead = [m for m in modules if m.completed_at is None and m.star > enrollment.stars]
    possible = max((module.star for module in modules), default=0)
    copied = (
        "id", "learner_id", "version_id", "background_id", "stars", "status", "progressed_at", "completed_at",
        "created_at", "version",
    )  # fmt: skip
    return EnrollmentRead(
        **{name: getattr(enrollment, name) for name in copied},
        learner_name=member.display_name if member else None,
        program=summary(program, version),
        cohort=CohortRef.model_validate(cohort) if cohort else None,
        possible_stars=possible,
        stars_text=texts.stars(enrollment.stars, possible),
        tier=tier_read(enrollment.tier, version.tier_ranges),
        promotion_eligible=offered,
        modules=modules,
        current_module=ahead[0] if ahead else None,
        next_module=ahead[1] if len(ahead) > 1 else None,
    )


def change(
    session: Session,
    principal: Principal,
    enrollment_id: UUID,
    body: EnrollmentPatch,
    *,
    if_match: int | None,
) -> EnrollmentRead:
    """Raises `NotFound`, `StaleVersion`, `BackgroundFixed`, `CohortArchived`, `CohortFull`, `Forbidden`,
    `FeatureOff`."""
    enrollment = repository.get(session, principal, enrollment_id, lock=True)
    if enrollment is None:
        raise NotFound()
    access.require_visible(principal, enrollment)
    expect_version(enrollment, if_match)
    if body.model_fields_set - {"background_id"} and not principal.is_staff:
        raise Forbidden("Only your institution's staff may withdraw or move an enrollment.")
    if body.background_id and body.background_id != enrollment.background_id:
        _set_background(session, enrollment, body.background_id)
    if body.status:
        _set_status(session, enrollment, body.status)
    if body.version_id and body.version_id != enrollment.version_id:
        _move(session, enrollment, body.version_id)
    if "cohort_id" in body.model_fields_set and body.cohort_id != enrollment.cohort_id:
        _set_cohort(session, enrollment, body.cohort_id)
    session.flush()
    return read(session, principal, enrollment_id)


def _set_background(session: Session, enrollment: Enrollment, background_id: UUID) -> None:
    attempts = assessment.attempts_of(session, learner_id=enrollment.learner_id, enrollment_id=enrollment.id)
    if any(a.kind is AssessmentKind.PROJECT and a.state not in NOT_STARTED for a in attempts):
        raise BackgroundFixed()
    if not assessment.is_background(session, background_id):
        raise UnknownBackground(
            errors=[
                {
                    "field": "background_id",
                    "code": "unknown",
                    "message": "Choose one of the backgrounds on offer.",
                }
            ]
        )
    enrollment.background_id = background_id


def _set_status(session: Session, enrollment: Enrollment, status: str) -> None:
    before = enrollment.status
    readmitted = "completed" if enrollment.completed_at else "active"
    after = "withdrawn" if status == "withdrawn" else readmitted
    if before == after or (status == "active" and before != "withdrawn"):
        return
    enrollment.status = after
    audit.record(
        session, "enrollment.status_changed", subject_type="enrollment", subject_id=enrollment.id,
        before={"status": before}, after={"status": after},
    )  # fmt: skip


def _set_cohort(session: Session, enrollment: Enrollment, cohort_id: UUID | None) -> None:
    if cohort_id is not None:
        cohorts.to_join(session, cohort_id, program_id=enrollment.program_id)
    before, after = ({"cohort_id": str(one) if one else None} for one in (enrollment.cohort_id, cohort_id))
    enrollment.cohort_id = cohort_id
    audit.record(
        session, "enrollment.cohort_changed", subject_type="enrollment", subject_id=enrollment.id,
        before=before, after=after,
    )  # fmt: skip


def _move(session: Session, enrollment: Enrollment, version_id: UUID) -> None:
    version = session.get(ProgramVersion, version_id)
    if version is None or version.program_id != enrollment.program_id or version.published_at is None:
        raise NotFound("The program has no such published version.")
    audit.record(
        session, "enrollment.moved", subject_type="enrollment", subject_id=enrollment.id,
        before={"version_id": str(enrollment.version_id)}, after={"version_id": str(version_id)},
    )  # fmt: skip
    enrollment.version_id = version_id
    session.flush()
    settling.settle(session, enrollment)

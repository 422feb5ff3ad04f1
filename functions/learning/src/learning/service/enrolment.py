"""Enrolling: by staff, and by itself when a learner joins or a program is assigned (JR-05)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn
from uuid import UUID

from sqlalchemy.orm import Session

from learning.errors import AlreadyEnrolled, NotAssigned, NotPublished
from learning.models.cohorts import Cohort
from learning.models.enrollments import Enrollment
from learning.models.programs import Program, ProgramVersion
from learning.repository import enrollments as repository
from learning.repository import programs
from learning.schemas.enrollments import EnrollmentCreate
from learning.service import cohorts
from lodestar.contracts import identity
from lodestar.contracts.identity import JOB_READINESS, FeatureFlagSet, Member, MembershipCreated
from lodestar.contracts.learning import EnrollmentCreated, ProgramAssigned, switched_off
from lodestar.events import emit
from lodestar.principal import Role
from lodestar.problems import NotFound


def on_membership(session: Session, event: MembershipCreated) -> None:
    """A new learner is enrolled on every Job Readiness program that the organization is offered."""
    if event.role is not Role.LEARNER:
        return
    versions = programs.published_versions(session, repository.automatic_programs(session))
    for version in versions.values():
        _enrol(session, version, [event.user_id])


def on_switched_on(session: Session, event: FeatureFlagSet) -> None:
    """Job Readiness is on again: who joined while it was off is enrolled, and who is enrolled already stays so."""
    if event.key != JOB_READINESS.key or not event.enabled:
        return
    versions = programs.published_versions(session, repository.automatic_programs(session))
    for version in versions.values():
        _enrol_everybody(session, version)


def on_assignment(session: Session, event: ProgramAssigned) -> None:
    """The organization's learners are enrolled on the program, unless the assignment has ended meanwhile."""
    if event.program_id not in repository.automatic_programs(session):
        return
    version = programs.published_versions(session, [event.program_id]).get(event.program_id)
    if version is None:
        return
    _enrol_everybody(session, version)


def _enrol_everybody(session: Session, version: ProgramVersion) -> None:
    after: UUID | None = None
    while learners := identity.holders(session, Role.LEARNER, after=after):
        _enrol(session, version, learners)
        after = learners[-1]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A new enrollment with what stands around it."""

    enrollment: Enrollment
    program: Program
    version: ProgramVersion
    cohort: Cohort | None
    learner: Member


def by_staff(session: Session, body: EnrollmentCreate) -> Enrolled:
    """Enrol one learner. Raises `NotFound`, `NotAssigned`, `NotPublished`, `AlreadyEnrolled`, `CohortArchived`,
    `CohortFull`, `FeatureOff`."""
    learner = identity.members(session, [body.learner_id]).get(body.learner_id)
    offered = repository.offered(session, body.program_id)
    if offered is None:
        _refuse(session, body.program_id)
    if learner is None:
        raise NotFound("There is no such learner in your organization.")
    program, version, is_off = offered
    if is_off:
        raise switched_off()
    cohort = cohorts.to_join(session, body.cohort_id, program_id=body.program_id) if body.cohort_id else None
    made = _enrol(session, version, [body.learner_id], cohort=cohort)
    if not made:
        raise AlreadyEnrolled()
    return Enrolled(made[0], program, version, cohort, learner)


def _refuse(session: Session, program_id: UUID) -> NoReturn:
    """Say why the organization offers its learners no version of the program."""
    if repository.is_assigned(session, program_id):
        raise NotPublished()
    raise NotFound() if programs.own_program(session, program_id) is None else NotAssigned()


def _enrol(
    session: Session, version: ProgramVersion, learner_ids: Sequence[UUID], *, cohort: Cohort | None = None
) -> list[Enrollment]:
    made = repository.enrol(session, version, learner_ids, cohort_id=cohort.id if cohort else None)
    for row in made:
        created = EnrollmentCreated(
            enrollment_id=row.id,
            learner_id=row.learner_id,
            program_id=row.program_id,
            version_id=row.version_id,
        )
        emit(session, created)
    return made

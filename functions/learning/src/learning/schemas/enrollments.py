"""Enrollments on the wire."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from learning.schemas.cohorts import CohortRef
from learning.schemas.progress import ProgramSummary, TierRead
from lodestar.api import (
    PatchModel,
    ReadModel,
    WriteModel,
)
from lodestar.contracts.learning import ModuleKind

Status = Literal["active", "completed", "withdrawn"]


class EnrollmentCreate(WriteModel):
    """Enrol a learner of the organization on a program that it is offered, into a cohort of it if there is one."""

    program_id: UUID
    learner_id: UUID
    cohort_id: UUID | None = None


class EnrollmentPatch(PatchModel):
    """The learner's background (until the first project starts); for staff: withdraw, readmit, move to a version,
    into a cohort or (null) out of it."""

    may_be_null: ClassVar[frozenset[str]] = frozenset({"cohort_id"})

    background_id: UUID | None = None
    status: Literal["active", "withdrawn"] | None = None
    version_id: UUID | None = None
    cohort_id: UUID | None = None


class ModuleState(ReadModel):
    """A module in the list of a learner's programs."""

    module_id: UUID
    kind: ModuleKind
    title: str
    star: int
    locked: bool
    reason: str | None
    completed_at: datetime | None


class EnrollmentRead(ReadModel):
    """A learner on a program (JR-06, JR-13): standing, lock states, and what is current and next."""

    id: UUID
    learner_id: UUID
    learner_name: str | None = Field(description="For staff")
    program: ProgramSummary
    version_id: UUID
    background_id: UUID | None
    cohort: CohortRef | None
    stars: int = Field(ge=0, le=5, examples=[2])
    possible_stars: int
    stars_text: str
    tier: TierRead | None
    promotion_eligible: bool
    status: Status
    modules: list[ModuleState]
    current_module: ModuleState | None
    next_module: ModuleState | None
    progressed_at: datetime
    completed_at: datetime | None
    created_at: datetime
    version: int

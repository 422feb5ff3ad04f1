"""Modules on the wire: one body per kind, told apart by `kind`."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from learning.schemas.common import (
    Key,
    Position,
    Text,
    Title,
)
from learning.schemas.configurations import (
    AssessmentConfiguration,
    CourseConfiguration,
    InterviewConfiguration,
    MasterclassConfiguration,
    ProjectConfiguration,
)
from lodestar.api import (
    PatchModel,
    ReadModel,
    RowRead,
    WriteModel,
)
from lodestar.contracts.learning import ModuleKind


class _ModuleCreate(WriteModel):
    program_id: UUID
    key: Key
    title: Title = Field(examples=["Thinking with data"])
    description: Text = ""
    position: Position = 1


class AssessmentModuleCreate(_ModuleCreate):
    """An initial assessment."""

    kind: Literal[ModuleKind.ASSESSMENT]
    configuration: AssessmentConfiguration = AssessmentConfiguration()


class CourseModuleCreate(_ModuleCreate):
    """A course; its lessons are added to it."""

    kind: Literal[ModuleKind.COURSE]
    configuration: CourseConfiguration = CourseConfiguration()


class MasterclassModuleCreate(_ModuleCreate):
    """The program's masterclasses."""

    kind: Literal[ModuleKind.MASTERCLASS]
    configuration: MasterclassConfiguration = MasterclassConfiguration()


class ProjectModuleCreate(_ModuleCreate):
    """A project."""

    kind: Literal[ModuleKind.PROJECT]
    configuration: ProjectConfiguration = ProjectConfiguration()


class InterviewModuleCreate(_ModuleCreate):
    """A recorded interview."""

    kind: Literal[ModuleKind.INTERVIEW]
    configuration: InterviewConfiguration = InterviewConfiguration()


ModuleCreate = Annotated[
    AssessmentModuleCreate
    | CourseModuleCreate
    | MasterclassModuleCreate
    | ProjectModuleCreate
    | InterviewModuleCreate,
    Field(discriminator="kind"),
]


class ModulePatch(PatchModel):
    """Changes to a draft's module. `configuration` replaces the whole of it."""

    title: Title | None = None
    description: Text | None = None
    position: Position | None = None
    configuration: dict[str, Any] | None = None


class ModuleRead(RowRead):
    """A module of a draft, for those who write it."""

    program_id: UUID
    kind: ModuleKind
    key: str
    title: str
    description: str
    position: int
    configuration: dict[str, Any]


class LearnerModuleRead(ReadModel):
    """A module as a learner's enrollment has it; `reason` says why it is locked."""

    id: UUID
    enrollment_id: UUID
    program_id: UUID
    kind: ModuleKind
    key: str
    title: str
    description: str
    position: int
    star: int = Field(description="The star that it helps to earn", examples=[2])
    locked: bool
    reason: str | None

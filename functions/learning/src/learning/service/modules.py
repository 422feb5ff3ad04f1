"""Modules: staff edit those of their drafts, learners see those of their enrollments."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from learning.models.modules import Module
from learning.repository import drafts, programs
from learning.repository import modules as repository
from learning.repository.enrollments import shown
from learning.schemas.configurations import fitting
from learning.schemas.modules import LearnerModuleRead, ModuleCreate, ModulePatch, ModuleRead
from learning.service import access, content
from lodestar.contracts.learning import ModuleKind
from lodestar.ids import new_id
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.principal import Principal
from lodestar.problems import InvalidContent, NotFound


def list_for(
    session: Session,
    principal: Principal,
    page: PageQuery,
    *,
    program_id: UUID | None,
    enrollment_id: UUID | None,
    kind: ModuleKind | None,
) -> Page[Any]:
    """Staff: what they drafted. Others: what their enrollments hold, locked or not (JR-10).

    Who names an enrollment asks as its learner.
    """
    writing = principal.is_staff and enrollment_id is None
    statement = drafts.rows(session, Module) if writing else repository.of_learner(principal, enrollment_id)
    statement = statement.where(Module.program_id == program_id) if program_id else statement
    statement = statement.where(Module.kind == kind.value) if kind else statement
    statement = statement if writing else statement.where(shown())
    found = paginate(session, statement, page, keys=(Module.id,), order="asc")
    if writing:
        return Page([ModuleRead.model_validate(row) for row in found.data], found.page)
    return Page([_for_learner(*row) for row in found.data], found.page)


def read_for(session: Session, principal: Principal, module_id: UUID) -> ModuleRead | LearnerModuleRead:
    """Raises `NotFound`, `FeatureOff`."""
    if principal.is_staff:
        return ModuleRead.model_validate(get(session, module_id))
    row = session.execute(repository.of_learner(principal).where(Module.id == module_id)).first()
    if row is None:
        raise NotFound()
    access.require_shown(row[1])
    return _for_learner(*row)


def _for_learner(module: Module, enrollment: Any, stage: Any) -> LearnerModuleRead:
    reason = access.reason(enrollment, stage)
    return LearnerModuleRead(
        id=module.id,
        enrollment_id=enrollment.id,
        program_id=module.program_id,
        kind=ModuleKind(module.kind),
        key=module.key,
        title=module.title,
        description=module.description,
        position=module.position,
        star=stage.star,
        locked=reason is not None,
        reason=reason,
    )


def get(session: Session, module_id: UUID) -> Module:
    """A module of the organization's drafts. Raises `NotFound`."""
    module = drafts.row(session, Module, module_id)
    if module is None:
        raise NotFound()
    return module


def create(session: Session, body: ModuleCreate) -> Module:
    """Add a module to the program's draft. Raises `NotFound`, `InvalidContent`, `KeyTaken`."""
    program = programs.own_program(session, body.program_id)
    if program is None:
        raise NotFound()
    draft = programs.draft_of(session, body.program_id)
    if body.kind not in {stage.kind for stage in programs.stages_of(session, draft.id)}:
        raise InvalidContent(
            f"A program of type {program.type} has no stage for modules of kind {body.kind}."
        )
    module = Module(id=new_id(), version_id=draft.id, **body.model_dump(mode="json"))
    module.program_id = program.id
    content.add(session, module)
    return module


def change(session: Session, module_id: UUID, body: ModulePatch, *, if_match: int | None) -> Module:
    """Raises `NotFound`, `StaleVersion`, `InvalidContent`."""
    module = get(session, module_id)
    if body.configuration is not None:
        body.configuration = fitting(ModuleKind(module.kind), body.configuration)
    content.change(session, module, body, if_match=if_match)
    return module


def remove(session: Session, module_id: UUID) -> None:
    """Take it, and its lessons, out of the draft; published versions keep theirs. Raises `NotFound`."""
    session.delete(get(session, module_id))

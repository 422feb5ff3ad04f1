"""/v1/learning/modules - what a stage is made of: staff draft it, learners see it, locked or not."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from learning.errors import KeyTaken
from learning.models.modules import Module
from learning.schemas.modules import LearnerModuleRead, ModuleCreate, ModulePatch, ModuleRead
from learning.service import modules as service
from lodestar.api import (
    APIRouter,
    Caller,
    IfMatch,
    Paging,
    ReadSession,
    Staff,
    WriteSession,
    lambda_handler,
    problems,
)
from lodestar.contracts.learning import ModuleKind
from lodestar.pagination import Page, PageOf
from lodestar.problems import FeatureOff, InvalidContent, NotFound, StaleVersion

router = APIRouter(tags=["learning"])


@router.get(
    "/v1/learning/modules",
    summary="List modules",
    response_model=PageOf[ModuleRead | LearnerModuleRead],
    responses=problems(),
)
def list_modules(
    caller: Caller,
    session: ReadSession,
    page: Paging,
    *,
    program_id: Annotated[UUID | None, Query()] = None,
    enrollment_id: Annotated[UUID | None, Query(description="Learners: of this enrollment only")] = None,
    kind: Annotated[ModuleKind | None, Query()] = None,
) -> Page[ModuleRead | LearnerModuleRead]:
    """Staff: their drafts' modules. Learners: those of their enrollments, each with `locked` and `reason`."""
    return service.list_for(
        session, caller, page, program_id=program_id, enrollment_id=enrollment_id, kind=kind
    )


@router.post(
    "/v1/learning/modules",
    summary="Add a module",
    status_code=201,
    response_model=ModuleRead,
    responses=problems(NotFound, InvalidContent, KeyTaken),
)
def create_module(body: ModuleCreate, _caller: Staff, session: WriteSession) -> Module:
    """To the program's draft. The configuration must fit the kind (JR-02 to JR-04)."""
    return service.create(session, body)


@router.get(
    "/v1/learning/modules/{module_id}",
    summary="Read a module",
    response_model=ModuleRead | LearnerModuleRead,
    responses=problems(NotFound, FeatureOff),
)
def read_module(module_id: UUID, caller: Caller, session: ReadSession) -> ModuleRead | LearnerModuleRead:
    """Staff: a draft's module. Learners: one of an enrollment of theirs."""
    return service.read_for(session, caller, module_id)


@router.patch(
    "/v1/learning/modules/{module_id}",
    summary="Change a module",
    response_model=ModuleRead,
    responses=problems(NotFound, StaleVersion, InvalidContent),
)
def change_module(
    module_id: UUID, body: ModulePatch, _caller: Staff, session: WriteSession, if_match: IfMatch
) -> Module:
    """A draft's module; `configuration` is replaced as a whole and must fit the kind."""
    return service.change(session, module_id, body, if_match=if_match)


@router.delete(
    "/v1/learning/modules/{module_id}",
    summary="Remove a module",
    status_code=204,
    responses=problems(NotFound),
)
def remove_module(module_id: UUID, _caller: Staff, session: WriteSession) -> None:
    """Out of the draft, with its lessons; published versions keep it."""
    service.remove(session, module_id)


handler = lambda_handler(router)

"""/v1/learning/masterclasses - recorded talks: the same list at every tier."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from learning.errors import KeyTaken
from learning.schemas.masterclasses import (
    LearnerMasterclassRead,
    MasterclassCreate,
    MasterclassPatch,
    MasterclassRead,
    MasterclassStatistics,
)
from learning.service import masterclasses as service
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
from lodestar.pagination import Page, PageOf
from lodestar.problems import FeatureOff, InvalidContent, NotFound, StaleVersion

router = APIRouter(tags=["learning"])


@router.get(
    "/v1/learning/masterclasses",
    summary="List masterclasses",
    response_model=PageOf[MasterclassRead | LearnerMasterclassRead],
    responses=problems(),
)
def list_masterclasses(
    caller: Caller,
    session: ReadSession,
    page: Paging,
    *,
    program_id: Annotated[UUID | None, Query()] = None,
    enrollment_id: Annotated[UUID | None, Query(description="Learners: of this enrollment only")] = None,
    active: Annotated[bool | None, Query(description="Staff: only these")] = None,
) -> Page[MasterclassRead | LearnerMasterclassRead]:
    """Staff: their library, with the state of each video. Learners: every active talk of their programs, each with `locked` (JR-28, X-03)."""
    return service.list_for(
        session, caller, page, program_id=program_id, enrollment_id=enrollment_id, active=active
    )


@router.post(
    "/v1/learning/masterclasses",
    summary="Add a masterclass",
    status_code=201,
    response_model=MasterclassRead,
    responses=problems(NotFound, InvalidContent, KeyTaken),
)
def create_masterclass(body: MasterclassCreate, _caller: Staff, session: WriteSession) -> MasterclassRead:
    """Its video may follow; learners play it from their second star on."""
    return service.create(session, body)


@router.get(
    "/v1/learning/masterclasses/{masterclass_id}",
    summary="Read a masterclass",
    response_model=MasterclassRead | LearnerMasterclassRead,
    responses=problems(NotFound, FeatureOff),
)
def read_masterclass(
    masterclass_id: UUID, caller: Caller, session: ReadSession
) -> MasterclassRead | LearnerMasterclassRead:
    """Staff: one of their library. Learners: one of their programs'."""
    return service.read_for(session, caller, masterclass_id)


@router.patch(
    "/v1/learning/masterclasses/{masterclass_id}",
    summary="Change a masterclass",
    response_model=MasterclassRead,
    responses=problems(NotFound, StaleVersion, InvalidContent),
)
def change_masterclass(
    masterclass_id: UUID, body: MasterclassPatch, _caller: Staff, session: WriteSession, if_match: IfMatch
) -> MasterclassRead:
    """At once. `active` shows it to learners or hides it."""
    return service.change(session, masterclass_id, body, if_match=if_match)


@router.delete(
    "/v1/learning/masterclasses/{masterclass_id}",
    summary="Remove a masterclass",
    status_code=204,
    responses=problems(NotFound),
)
def remove_masterclass(masterclass_id: UUID, _caller: Staff, session: WriteSession) -> None:
    """Gone from every list; completions of it still count."""
    service.remove(session, masterclass_id)


@router.get(
    "/v1/learning/masterclasses/{masterclass_id}/statistics",
    summary="Count a masterclass's completions",
    response_model=MasterclassStatistics,
    responses=problems(NotFound),
)
def read_statistics(masterclass_id: UUID, _caller: Staff, session: ReadSession) -> MasterclassStatistics:
    """Who began and completed it within the caller's organization, of all and tier by tier."""
    return service.statistics(session, masterclass_id)


handler = lambda_handler(router)

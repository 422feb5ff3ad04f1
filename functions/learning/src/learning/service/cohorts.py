"""Cohorts: who takes a program together, and whether there is a place in it."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from learning.errors import CohortArchived, CohortFull, CohortTitleTaken
from learning.models.cohorts import Cohort
from learning.repository import cohorts as repository
from learning.schemas.cohorts import CohortCreate, CohortPatch, CohortRead
from learning.service import content
from lodestar import audit
from lodestar.ids import new_id
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.problems import InvalidContent, NotFound

COPIED = (
    "id", "version", "created_at", "updated_at", "program_id", "title", "starts_on", "ends_on", "capacity",
    "archived",
)  # fmt: skip


def list_own(
    session: Session, page: PageQuery, *, program_id: UUID | None, archived: bool | None
) -> Page[CohortRead]:
    """The organization's cohorts, newest first."""
    statement = repository.own(session)
    statement = statement.where(Cohort.program_id == program_id) if program_id else statement
    statement = statement if archived is None else statement.where(Cohort.archived.is_(archived))
    found = paginate(session, statement, page, keys=(Cohort.id,))
    inside = repository.learners_in(session, [row[0].id for row in found.data]) if found.data else {}
    return Page([_read(*row, learners=inside.get(row[0].id, 0)) for row in found.data], found.page)


def _read(row: Cohort, program_title: str, *, learners: int) -> CohortRead:
    left = None if row.capacity is None else max(row.capacity - learners, 0)
    return CohortRead(
        **{name: getattr(row, name) for name in COPIED},
        program_title=program_title,
        learners=learners,
        places_left=left,
    )


def _get(session: Session, cohort_id: UUID, *, lock: bool = False) -> Any:
    statement = repository.own(session).where(Cohort.id == cohort_id)
    row = session.execute(statement.with_for_update(of=Cohort) if lock else statement).first()
    if row is None:
        raise NotFound()
    return row


def read(session: Session, cohort_id: UUID) -> CohortRead:
    """Raises `NotFound`."""
    row, title = _get(session, cohort_id)
    return _read(row, title, learners=repository.learners_in(session, [cohort_id]).get(cohort_id, 0))


def create(session: Session, body: CohortCreate) -> CohortRead:
    """Raises `NotFound`, `CohortTitleTaken`."""
    program = repository.program(session, body.program_id)
    if program is None:
        raise NotFound("There is no such program for your organization.")
    row = Cohort(id=new_id(), **body.model_dump())
    content.add(session, row, taken=CohortTitleTaken)
    after = body.model_dump(mode="json")
    audit.record(session, "cohort.created", subject_type="cohort", subject_id=row.id, after=after)
    return _read(row, program.title, learners=0)


def change(session: Session, cohort_id: UUID, body: CohortPatch, *, if_match: int | None) -> CohortRead:
    """Raises `NotFound`, `StaleVersion`, `InvalidContent`, `CohortTitleTaken`.

    A capacity below those who are in it puts nobody out: nobody else joins.
    """
    row, title = _get(session, cohort_id, lock=True)
    changes = body.model_dump(exclude_unset=True)
    if changes.get("ends_on", row.ends_on) < changes.get("starts_on", row.starts_on):
        error = {"field": "ends_on", "code": "before_start", "message": "It ends before it starts."}
        raise InvalidContent(error["message"], errors=[error])
    before = CohortPatch(**{name: getattr(row, name) for name in changes}).model_dump(
        mode="json", exclude_unset=True
    )
    content.change(session, row, body, if_match=if_match, taken=CohortTitleTaken)
    after = body.model_dump(mode="json", exclude_unset=True)
    if before != after:
        audit.record(
            session, "cohort.changed", subject_type="cohort", subject_id=row.id, before=before, after=after
        )
    return _read(row, title, learners=repository.learners_in(session, [cohort_id]).get(cohort_id, 0))


def to_join(session: Session, cohort_id: UUID, *, program_id: UUID) -> Cohort:
    """A cohort of the program that takes one more. Raises `NotFound`, `CohortArchived`, `CohortFull`.

    Two who take the last place at once are told apart by the data layer.
    """
    found = repository.to_join(session, cohort_id, program_id=program_id)
    if found is None:
        raise NotFound("The program has no such cohort in your organization.")
    row, inside = found
    if row.archived:
        raise CohortArchived()
    if row.capacity is not None and inside >= row.capacity:
        raise CohortFull(f"The cohort {row.title} takes {row.capacity} learners, and so many are in it.")
    return row

"""Resources beside lessons: kept by staff, taken along by learners who have the lesson open."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from learning.models.resources import Resource
from learning.repository import resources as repository
from learning.repository.enrollments import shown
from learning.schemas.resources import DownloadRead, ResourceCreate, ResourcePatch, ResourceRead
from learning.service import access, content, lessons
from learning.service.assets import require_asset
from lodestar.ids import new_id
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.principal import Principal
from lodestar.problems import InvalidContent, NotFound

RESOURCE = "resource"


def _own(principal: Principal) -> Select[Resource]:
    return select(Resource).where(Resource.org_id == principal.org_id)


def list_for(
    session: Session, principal: Principal, page: PageQuery, *, lesson_id: UUID | None
) -> Page[ResourceRead]:
    """Staff: what they keep. Others: what goes with the lessons of their enrollments."""
    statement: Select[Any] = _own(principal) if principal.is_staff else repository.of_learner(principal)
    statement = statement.where(Resource.lesson_id == lesson_id) if lesson_id else statement
    statement = statement if principal.is_staff else statement.where(shown())
    found = paginate(session, statement, page, keys=(Resource.id,), order="asc")
    rows = found.data if principal.is_staff else [row[0] for row in found.data]
    return Page([answer(row) for row in rows], found.page)


def answer(row: Resource) -> ResourceRead:
    """The resource as it is told; its address comes from a download."""
    copied = ("id", "version", "created_at", "updated_at", "program_id", "lesson_id", "title", "description")
    return ResourceRead(
        **{name: getattr(row, name) for name in copied},
        position=row.position,
        kind="link" if row.url else "file",
    )


def read_for(session: Session, principal: Principal, resource_id: UUID) -> ResourceRead:
    """Raises `NotFound`, `FeatureOff`."""
    row = _visible(session, principal, resource_id)
    if not principal.is_staff:
        access.require_shown(row[1])
    return answer(row[0])


def _visible(session: Session, principal: Principal, resource_id: UUID) -> Any:
    statement: Select[Any] = _own(principal) if principal.is_staff else repository.of_learner(principal)
    row = session.execute(statement.where(Resource.id == resource_id)).first()
    if row is None:
        raise NotFound()
    return row


def get(session: Session, principal: Principal, resource_id: UUID) -> Resource:
    """One of the organization's own. Raises `NotFound`."""
    row = session.scalar(_own(principal).where(Resource.id == resource_id))
    if row is None:
        raise NotFound()
    return row


def create(session: Session, body: ResourceCreate) -> Resource:
    """Raises `NotFound`, `InvalidContent`, `KeyTaken`."""
    lesson = lessons.get(session, body.lesson_id)
    require_asset(session, body.asset_id, purpose=RESOURCE)
    row = Resource(id=new_id(), program_id=lesson.program_id, **body.model_dump())
    content.add(session, row)
    return row


def change(
    session: Session, principal: Principal, resource_id: UUID, body: ResourcePatch, *, if_match: int | None
) -> Resource:
    """Raises `NotFound`, `StaleVersion`, `InvalidContent`."""
    row = get(session, principal, resource_id)
    if (body.url and row.url is None) or (body.asset_id and row.asset_id is None):
        raise InvalidContent("A link stays a link and a file stays a file; add a new resource instead.")
    require_asset(session, body.asset_id, purpose=RESOURCE)
    content.change(session, row, body, if_match=if_match)
    return row


def remove(session: Session, principal: Principal, resource_id: UUID) -> None:
    """Raises `NotFound`."""
    session.delete(get(session, principal, resource_id))


def download(session: Session, principal: Principal, resource_id: UUID) -> DownloadRead:
    """Where to fetch it. Raises `NotFound`, and `ModuleLocked` before its lesson is open."""
    row = _visible(session, principal, resource_id)
    if not principal.is_staff:
        access.require(row[1], row[2])
    resource: Resource = row[0]
    return DownloadRead(
        resource_id=resource.id,
        kind="link" if resource.url else "file",
        url=resource.url,
        asset_id=resource.asset_id,
    )

"""Projects and interview questions that serve when no model does."""

from uuid import UUID

from sqlalchemy.orm import Session

from assessment.models.backgrounds import Background, FallbackContent
from assessment.schemas.backgrounds import FallbackCreate, FallbackPatch, ProjectBody
from assessment.service import content
from lodestar.db import expect_version
from lodestar.problems import InvalidContent


def create(session: Session, body: FallbackCreate) -> FallbackContent:
    """Raises `NotFound` for a background that is not theirs, `InvalidContent` when the body is of another kind."""
    content.get(session, Background, body.background_id)
    _check_kind(body.kind, is_project=isinstance(body.body, ProjectBody))
    fields = body.model_dump(mode="json", exclude={"background_id"})
    return content.create(session, FallbackContent(background_id=body.background_id, **fields))


def change(
    session: Session, fallback_id: UUID, body: FallbackPatch, *, if_match: int | None
) -> FallbackContent:
    """Raises `NotFound`, `StaleVersion`, `InvalidContent`."""
    fallback = content.get(session, FallbackContent, fallback_id)
    if body.body is not None:
        _check_kind(fallback.kind, is_project=isinstance(body.body, ProjectBody))
    return content.change(session, fallback, body, if_match=if_match)


def delete(session: Session, fallback_id: UUID, *, if_match: int | None) -> None:
    """Attempts that were served with it keep their copy."""
    fallback = content.get(session, FallbackContent, fallback_id)
    expect_version(fallback, if_match)
    session.delete(fallback)


def _check_kind(kind: str, *, is_project: bool) -> None:
    if is_project != (kind == "project"):
        raise InvalidContent(f"The body is not one of a fallback of the kind {kind!r}.")

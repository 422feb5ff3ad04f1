"""Reads that every kind of content has alike."""

from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from lodestar.db import VersionedRow, principal_of

Row = TypeVar("Row", bound=VersionedRow)


def own(session: Session, model: type[Row], row_id: UUID) -> Row | None:
    """The row, when the caller's organization wrote it; what is only shared with it may be read, not edited."""
    return session.scalar(own_rows(session, model).where(model.id == row_id))


def own_rows(session: Session, model: type[Row]) -> Select[Row]:
    """The rows that the caller's organization wrote."""
    return select(model).where(model.org_id == principal_of(session).org_id)

"""Editing content: what every kind of it has alike."""

from typing import Any

from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from learning.errors import KeyTaken
from lodestar.db import VersionedRow, expect_version
from lodestar.problems import Conflict

UNIQUE_VIOLATION = "23505"


def add(session: Session, row: VersionedRow, *, taken: type[Conflict] = KeyTaken) -> None:
    """Store a new row. Raises `taken` when its natural key is in use."""
    session.add(row)
    _flush(session, taken)


def change(
    session: Session,
    row: VersionedRow,
    changes: BaseModel,
    *,
    if_match: int | None,
    taken: type[Conflict] = KeyTaken,
) -> None:
    """Set the fields that were sent. Raises `StaleVersion`, and `taken` when another row has its natural key."""
    expect_version(row, if_match)
    set_fields(row, changes.model_dump(exclude_unset=True))
    _flush(session, taken)


def _flush(session: Session, taken: type[Conflict]) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        if UNIQUE_VIOLATION in str(error.orig):
            raise taken() from error
        raise


def set_fields(row: VersionedRow, values: dict[str, Any]) -> None:
    """Set what differs, so that a change of nothing makes no new version."""
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)

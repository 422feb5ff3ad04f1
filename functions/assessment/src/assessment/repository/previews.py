"""Samples, and whether what a draft names is there."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import and_, delete, exists, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from assessment.models.previews import Preview
from lodestar.db import VersionedRow, principal_of
from lodestar.leases import OPEN

Row = TypeVar("Row", bound=VersionedRow)


def known(
    session: Session,
    model: type[Row],
    row_id: UUID,
    *,
    refers_to: Mapping[type[VersionedRow], set[UUID | None]],
) -> tuple[Row, bool] | None:
    """The organization's own row, and whether all that it is to refer to is theirs as well; in one statement."""
    org_id = principal_of(session).org_id
    named = [(target, target_id) for target, ids in refers_to.items() for target_id in ids if target_id]
    there = [exists().where(target.id == target_id, target.org_id == org_id) for target, target_id in named]
    statement = select(model, and_(literal(True), *there)).where(model.id == row_id, model.org_id == org_id)
    row = session.execute(statement).one_or_none()
    return (row[0], bool(row[1])) if row else None


def add(session: Session, values: dict[str, Any]) -> Preview | None:
    """The new one; None when the same person has the same one open. A concurrent twin waits for the first."""
    return session.scalar(insert(Preview).values(values).on_conflict_do_nothing().returning(Preview))


def open_one(session: Session, *, requested_by: UUID, subject_id: UUID, digest: str) -> Preview | None:
    """The same one, while it is being made."""
    return session.scalar(
        select(Preview).where(
            Preview.org_id == principal_of(session).org_id,
            Preview.requested_by == requested_by,
            Preview.subject_id == subject_id,
            Preview.digest == digest,
            Preview.state.in_(OPEN),
        )
    )


def find(
    session: Session, subject_type: str, subject_id: UUID, preview_id: UUID, *, at: datetime
) -> Preview | None:
    """The organization's sample of this, until its time is over."""
    return session.scalar(
        select(Preview).where(
            Preview.id == preview_id,
            Preview.subject_type == subject_type,
            Preview.subject_id == subject_id,
            Preview.expires_at > at,
        )
    )


def remove_expired(session: Session, *, at: datetime) -> int:
    """Those of the organization whose time is over are gone; how many."""
    gone = session.execute(
        delete(Preview)
        .where(Preview.org_id == principal_of(session).org_id, Preview.expires_at < at)
        .execution_options(synchronize_session=False)
        .returning(Preview.id)
    )
    return len(gone.all())

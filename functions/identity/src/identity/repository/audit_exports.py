"""Exports of the audit log."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from identity.models.audit_exports import AuditExport
from lodestar.pagination import Page, PageQuery, paginate

EXPIRED = text("SELECT org_id, id FROM identity.audit_exports_expired()")


def exports(session: Session, page: PageQuery) -> Page[AuditExport]:
    """The organization's, newest first."""
    return paginate(session, select(AuditExport), page, keys=(AuditExport.id,))


def export_of(session: Session, export_id: UUID, *, lock: bool = False) -> AuditExport | None:
    """One of the organization's; with `lock`, for a change."""
    statement = select(AuditExport).where(AuditExport.id == export_id)
    return session.scalar(statement.with_for_update() if lock else statement)


def add(session: Session, values: dict[str, Any]) -> AuditExport | None:
    """The new one; None when the same person has one of the format open. A concurrent twin waits for the first."""
    return session.scalar(insert(AuditExport).values(values).on_conflict_do_nothing().returning(AuditExport))


def open_one(session: Session, *, requested_by: UUID, format_: str) -> AuditExport | None:
    """The one of that person that is being made."""
    statement = select(AuditExport).where(
        AuditExport.requested_by == requested_by,
        AuditExport.format == format_,
        AuditExport.state == "pending",
    )
    return session.scalar(statement)


def expired(session: Session) -> Sequence[Row[Any]]:
    """`(org_id, id)` of those whose file's time is over, of every organization."""
    return session.execute(EXPIRED).all()

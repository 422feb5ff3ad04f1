"""Exports of the audit log on the wire."""

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import Field

from lodestar.api import ReadModel, RowRead, WriteModel


class AuditFormat(StrEnum):
    """JSON Lines, which `make audit-chain` verifies, or CSV in UTF-8 to look through."""

    JSONL = "jsonl"
    CSV = "csv"


class AuditExportCreate(WriteModel):
    """The whole log, up to its head now."""

    format: AuditFormat = Field(default=AuditFormat.JSONL)


class AuditDownload(ReadModel):
    """A link to the file."""

    url: str
    expires_at: datetime


class AuditExportRead(RowRead):
    """An export. Its last entry is `head_sequence`, whose hash is `head_hash`; the file can be fetched until
    `expires_at`."""

    format: AuditFormat
    state: Literal["pending", "completed", "failed"]
    requested_by: UUID
    operation_id: UUID
    head_sequence: int
    head_hash: str
    byte_count: int | None
    completed_at: datetime | None
    expires_at: datetime | None


class AuditExportDetail(AuditExportRead):
    """With a fresh link, while there is a file."""

    download: AuditDownload | None

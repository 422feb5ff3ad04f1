"""Requests to hand out or to erase what is kept of a person."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field

from identity.schemas.fields import Reason
from identity.schemas.role_requests import Ruling
from lodestar.api import ReadModel, WriteModel


class PrivacyKind(StrEnum):
    """What is asked for."""

    EXPORT = "export"
    ERASE = "erase"


class PrivacyRequestCreate(WriteModel):
    """`user_id` is for administrators who were asked by somebody else, on paper or after they left."""

    kind: PrivacyKind = Field(examples=[PrivacyKind.EXPORT])
    user_id: UUID | None = None


class PrivacyDecisionCreate(WriteModel):
    """The decision on an erasure, and why."""

    decision: Ruling
    reason: Reason = Field(examples=["Identity confirmed by the student office."])


class Download(ReadModel):
    """A link to the archive, good for minutes; read the request again for another one."""

    url: str
    expires_at: datetime


class PrivacyRequestRead(ReadModel):
    """A request. `due_at` is the day by which the law wants it answered; `operation_id` tells how far it is."""

    id: UUID
    user_id: UUID
    requested_by: UUID | None
    kind: PrivacyKind
    state: str
    due_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    decision_reason: str | None
    operation_id: UUID
    export_bytes: int | None
    export_expires_at: datetime | None
    certificate: dict[str, Any] | None
    completed_at: datetime | None
    problem_detail: str | None
    created_at: datetime
    version: int


class PrivacyRequestDetail(PrivacyRequestRead):
    """With the archive's link, for whoever asked and the person themselves, until `export_expires_at`."""

    download: Download | None = None


class PrivacyStep(WriteModel):
    """A step of fulfil_privacy_request that is identity's own."""

    org_id: UUID
    correlation_id: str
    request_id: UUID
    execution: str
    held: bool = False

"""Requests for a role."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from identity.schemas.fields import Reason
from lodestar.api import ReadModel, WriteModel
from lodestar.principal import Role


class Ruling(StrEnum):
    """What is ruled on a request."""

    APPROVED = "approved"
    REJECTED = "rejected"


class RoleRequestCreate(WriteModel):
    """Which role, where, and why. Without `organization_id` it is asked of the request's organization."""

    role: Role = Field(examples=[Role.INSTRUCTOR])
    reason: Reason = Field(examples=["I teach the data course from May on."])
    organization_id: UUID | None = None


class RoleRequestDecisionCreate(WriteModel):
    """The decision, and why."""

    decision: Ruling
    reason: Reason = Field(examples=["Confirmed by the head of department."])


class RoleRequestRead(ReadModel):
    """A request. `state` is `pending`, `approved` or `rejected`."""

    id: UUID
    user_id: UUID
    role: Role
    reason: str
    state: str
    decided_by: UUID | None
    decided_at: datetime | None
    decision_reason: str | None
    created_at: datetime
    version: int

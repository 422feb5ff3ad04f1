"""Members."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from lodestar.api import ReadModel, WriteModel
from lodestar.principal import Role


class MemberCreate(WriteModel):
    """A further role for somebody who is or was a member here; new people come by invitation."""

    user_id: UUID
    role: Role = Field(examples=[Role.INSTRUCTOR])


class MemberUpdate(WriteModel):
    """Another role instead."""

    role: Role = Field(examples=[Role.INSTRUCTOR])


class MemberRead(ReadModel):
    """One role of one person. `id` is the membership's; who has two roles is listed twice."""

    id: UUID
    user_id: UUID
    display_name: str
    email: str
    role: Role
    created_at: datetime
    version: int

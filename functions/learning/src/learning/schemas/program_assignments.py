"""Program assignments on the wire."""

from datetime import datetime
from uuid import UUID

from lodestar.api import (
    RowRead,
    WriteModel,
)


class AssignmentCreate(WriteModel):
    """Offer a program to the organization that the request is made in.

    An organization's administrators assign its own programs; a platform administrator names any organization in the
    header `Lodestar-Organization` and assigns any program.
    """

    program_id: UUID


class AssignmentRead(RowRead):
    """What the organization is offered; after `ended_at` nobody new is enrolled."""

    program_id: UUID
    program_title: str
    owner_id: UUID
    ended_at: datetime | None

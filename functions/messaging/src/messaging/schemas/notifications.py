"""Notifications, as the API takes and answers them."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from lodestar.api import ReadModel, WriteModel
from lodestar.pagination import PageOf


class NotificationRead(ReadModel):
    """What the caller was told. The target is what it leads to: an `enrollment`, an `attempt`, ..."""

    id: UUID
    type: str = Field(examples=["star_awarded"])
    title: str = Field(examples=["You earned star 2"])
    body: str = Field(examples=["The next stage is open."])
    target_type: str = Field(examples=["enrollment"])
    target_id: UUID
    created_at: datetime
    read_at: datetime | None
    version: int


class NotificationPage(PageOf[NotificationRead]):
    """A page, and how many of all are unread (counted up to 1,000)."""

    unread_count: int


class NotificationPatch(WriteModel):
    """Read, or unread again."""

    read: bool = Field(examples=[True])


class ReadMarkerPut(WriteModel):
    """The newest notification that was seen; everything up to it becomes read."""

    notification_id: UUID


class ReadMarkerRead(ReadModel):
    """How many became read, and how many are still unread."""

    marked: int
    unread_count: int

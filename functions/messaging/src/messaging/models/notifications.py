"""Notifications: what people find in the product."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from lodestar.db import Base, VersionedRow


class Notification(VersionedRow, Base):
    """What one person is told in the product. `target_type` and `target_id` say where it leads.

    `dedupe_key` names the occasion: a person is told of it once.
    """

    __tablename__ = "notifications"
    __table_args__ = ({"schema": "messaging"},)

    recipient_id: Mapped[UUID]
    type: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    target_type: Mapped[str]
    target_id: Mapped[UUID]
    dedupe_key: Mapped[str]
    read_at: Mapped[datetime | None]

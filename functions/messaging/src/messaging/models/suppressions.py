"""Addresses to which nothing, or only what must be said, is sent; and who wrote to us lately."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, TenantRow


class Suppression(TenantRow, Base):
    """An address of a channel, and why: it bounced, complained, unsubscribed, or somebody of staff put it there."""

    __tablename__ = "suppressions"
    __table_args__ = ({"schema": "messaging"},)

    channel: Mapped[str]
    address: Mapped[str]
    user_id: Mapped[UUID | None]
    reason: Mapped[str]
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_by: Mapped[UUID | None]


class WhatsAppWindow(TenantRow, Base):
    """When a number last wrote: for 24 hours after it, free text may be sent there."""

    __tablename__ = "whatsapp_windows"
    __table_args__ = ({"schema": "messaging"},)

    address: Mapped[str]
    last_inbound_at: Mapped[datetime]

"""Whom we tell by webhook, and what they were told."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, VersionedRow, tenant_key


class WebhookEndpoint(VersionedRow, Base):
    """An address of the organization's own. Its secret is derived, by its `secret_generation`."""

    __tablename__ = "webhook_endpoints"
    __table_args__ = ({"schema": "messaging"},)

    url: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    secret_generation: Mapped[int] = mapped_column(default=1)
    secret_rotated_at: Mapped[datetime | None]
    event_types: Mapped[list[str]] = mapped_column(ARRAY(Text))
    state: Mapped[str] = mapped_column(default="active")
    disabled_reason: Mapped[str | None]
    created_by: Mapped[UUID | None]
    deleted_at: Mapped[datetime | None]


class WebhookDelivery(VersionedRow, Base):
    """One event on its way to one endpoint."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (tenant_key("endpoint_id", "messaging.webhook_endpoints"), {"schema": "messaging"})

    endpoint_id: Mapped[UUID]
    event_id: Mapped[UUID]
    event_type: Mapped[str]
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    claimed_until: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_error: Mapped[str | None]
    delivered_at: Mapped[datetime | None]

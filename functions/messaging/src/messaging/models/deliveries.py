"""What goes out: one row a recipient and channel, with what became of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, TenantRow, VersionedRow, tenant_key
from messaging.models.batches import MessageBatch
from messaging.models.recipients import Addressed


class Delivery(Addressed, VersionedRow, Base):
    """One message to one recipient by one channel. `dedupe_key` names the occasion: it goes out once.

    Whoever sends it claims it until `claimed_until`; in the state `unknown` that is how long a vendor's word on it is
    waited for. `reason` is a code, `detail` says it in words. `attachments` hold `{name, type, storage_key}` or
    `{name, type, content}` in base64.
    """

    __tablename__ = "deliveries"
    __table_args__ = (tenant_key("batch_id", str(MessageBatch.__table__)), {"schema": "messaging"})

    channel: Mapped[str]
    category: Mapped[str]
    template_key: Mapped[str]
    template_id: Mapped[UUID | None]
    template_revision: Mapped[int | None]
    variables: Mapped[dict[str, Any]] = mapped_column(default=dict)
    attachments: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    dedupe_key: Mapped[str]
    scheduled_message_id: Mapped[UUID | None]
    batch_id: Mapped[UUID | None]
    target_type: Mapped[str | None]
    target_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(default="queued")
    reason: Mapped[str | None]
    detail: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime] = mapped_column(server_default=text("now()"))
    claimed_until: Mapped[datetime | None]
    vendor: Mapped[str | None]
    vendor_message_id: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]


class DeliveryEvent(TenantRow, Base):
    """Something that happened to a delivery, here or at its vendor."""

    __tablename__ = "delivery_events"
    __table_args__ = (
        tenant_key("delivery_id", "messaging.deliveries", ondelete="CASCADE"),
        {"schema": "messaging"},
    )

    delivery_id: Mapped[UUID]
    kind: Mapped[str]
    occurred_at: Mapped[datetime]
    vendor: Mapped[str | None]
    vendor_event_id: Mapped[str | None]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)

"""What there is to be reminded of, by which policies, and the messages that follow from both."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKeyConstraint, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, TenantRow, VersionedRow, tenant_key
from messaging.models.recipients import Addressed


class ReminderPolicy(VersionedRow, Base):
    """An organization's own version of a policy: `offset_seconds` from the anchor (negative is before), or, with
    `at_local_time`, so many whole days from the anchor's day, at that hour where the recipient lives."""

    __tablename__ = "reminder_policies"
    __table_args__ = ({"schema": "messaging"},)

    key: Mapped[str]
    anchor_kind: Mapped[str]
    offset_seconds: Mapped[int]
    at_local_time: Mapped[time | None]
    audience: Mapped[str]
    channels: Mapped[list[str]] = mapped_column(ARRAY(Text))
    template_key: Mapped[str]
    guard: Mapped[str] = mapped_column(default="none")
    category: Mapped[str]
    enabled: Mapped[bool] = mapped_column(default=True)
    when_late: Mapped[str] = mapped_column(default="skip")


class Anchor(VersionedRow, Base):
    """A moment of another domain (`subject_id` is its id there). Each move is a new `anchor_version`."""

    __tablename__ = "anchors"
    __table_args__ = ({"schema": "messaging"},)

    kind: Mapped[str]
    subject_id: Mapped[UUID]
    at: Mapped[datetime]
    time_zone: Mapped[str]
    state: Mapped[str] = mapped_column(default="set")
    anchor_version: Mapped[int] = mapped_column(default=1)
    variables: Mapped[dict[str, Any]] = mapped_column(default=dict)
    attachments: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    told_at: Mapped[datetime]


class AnchorRecipient(TenantRow, Base):
    """Somebody who is reminded of an anchor, until `stopped_at`."""

    __tablename__ = "anchor_recipients"
    __table_args__ = (
        tenant_key("anchor_id", "messaging.anchors", ondelete="CASCADE"),
        {"schema": "messaging"},
    )

    anchor_id: Mapped[UUID]
    audience: Mapped[str]
    recipient_key: Mapped[str]
    recipient_id: Mapped[UUID | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    name: Mapped[str] = mapped_column(default="")
    locale: Mapped[str | None]
    time_zone: Mapped[str | None]
    variables: Mapped[dict[str, Any]] = mapped_column(default=dict)
    stopped_at: Mapped[datetime | None]
    stopped_reason: Mapped[str | None]


class ScheduledMessage(Addressed, TenantRow, Base):
    """One message to be, of one version of an anchor. The `state` is what was planned: `scheduled` also of one that fell
    due and was released since, which is one that waits no more."""

    __tablename__ = "scheduled_messages"
    __table_args__ = (
        tenant_key("anchor_id", "messaging.anchors", ondelete="CASCADE"),
        tenant_key("reminded_id", "messaging.anchor_recipients", ondelete="CASCADE"),
        {"schema": "messaging"},
    )

    anchor_id: Mapped[UUID]
    anchor_version: Mapped[int]
    policy_key: Mapped[str]
    reminded_id: Mapped[UUID]
    channel: Mapped[str]
    category: Mapped[str]
    template_key: Mapped[str]
    send_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="scheduled")
    reason: Mapped[str | None]
    settled_at: Mapped[datetime | None]


class WaitingMessage(Base):
    """A scheduled message whose time has not come. Whoever deletes the row may release it, or cancel it."""

    __tablename__ = "waiting_messages"
    __table_args__ = (
        ForeignKeyConstraint(
            ["org_id", "send_at", "id"],
            [f"messaging.scheduled_messages.{name}" for name in ("org_id", "send_at", "id")],
            ondelete="CASCADE",
            onupdate="CASCADE",
        ),
        {"schema": "messaging"},
    )

    org_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("backbone.current_org()"))
    send_at: Mapped[datetime] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)

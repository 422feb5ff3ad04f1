"""Scheduled messages and deliveries, as the API answers them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from lodestar.api import ReadModel
from lodestar.contracts.messaging import Category, Channel
from messaging.schemas.fields import RecipientRead

ScheduledState = Literal["scheduled", "released", "cancelled", "skipped"]
DeliveryState = Literal[
    "queued", "deferred", "sending", "sent", "delivered", "read", "replied", "failed", "skipped", "unknown"
]


class ScheduledMessageRead(RecipientRead):
    """A message to be. `explanation` says in words why it was not released, where it was not."""

    id: UUID
    anchor_id: UUID
    anchor_version: int
    policy_key: str
    channel: Channel
    category: Category
    template_key: str
    send_at: datetime
    state: ScheduledState
    reason: str | None
    explanation: str
    settled_at: datetime | None
    created_at: datetime


class DeliveryRead(RecipientRead):
    """One message to one recipient by one channel, as far as it has come."""

    id: UUID
    channel: Channel
    category: Category
    template_key: str
    template_id: UUID | None
    template_revision: int | None
    scheduled_message_id: UUID | None
    batch_id: UUID | None
    state: DeliveryState
    reason: str | None
    detail: str | None
    attempts: int
    not_before: datetime
    vendor: str | None
    vendor_message_id: str | None
    sent_at: datetime | None
    settled_at: datetime | None
    created_at: datetime
    version: int


class CheckRead(ReadModel):
    """What one rule said."""

    rule: str
    passed: bool
    words: str


class HappeningRead(ReadModel):
    """What happened to the delivery, here or at its vendor."""

    occurred_at: datetime
    local_time: str
    kind: str
    vendor: str | None
    words: str | None
    detail: dict[str, Any]


class ExplanationRead(ReadModel):
    """Why it was sent, waits, or was not sent; times are also told as the recipient's clock showed them.

    `is_forecast`: nothing was decided yet, and the checks are what the rules say now.
    """

    delivery_id: UUID
    state: DeliveryState
    reason: str | None
    summary: str
    time_zone: str
    is_forecast: bool
    checks: list[CheckRead]
    history: list[HappeningRead]

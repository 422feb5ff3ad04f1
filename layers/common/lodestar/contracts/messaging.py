"""Messaging's language: what other domains ask it to send, and what it tells of what was sent.

A domain never sends. It says what there is to be reminded of (an anchor), or asks for one message; templates, policies,
preferences and channels are messaging's.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from lodestar import clock
from lodestar.events import Event

MOST_RECIPIENTS = 1000
"""In one event, which EventBridge bounds to 256 KB. A larger audience is told in several."""


class Channel(StrEnum):
    """By what a message goes out."""

    IN_APP = "in_app"
    EMAIL = "email"
    WHATSAPP = "whatsapp"
    VOICE = "voice"


class Category(StrEnum):
    """What a message is for, and so which wishes hold for it.

    `transactional`: the person asked for it or must have it. `operational`: it belongs to what they take part in.
    `marketing`: it wants something of them.
    """

    TRANSACTIONAL = "transactional"
    OPERATIONAL = "operational"
    MARKETING = "marketing"


class Recipient(BaseModel):
    """A member (`user_id`; addresses are looked up when it is sent), or somebody of whom only an address is known.

    `phone` is E.164. `audience` says which part they have in the anchor: `learner`, `invitee`, `interviewer`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    user_id: UUID | None = None
    email: str | None = None
    phone: str | None = None
    name: str = ""
    locale: str | None = None
    time_zone: str | None = None
    audience: str = "learner"
    variables: dict[str, Any] = Field(default_factory=dict)


class AnchorEvent(Event):
    """Tells of a moment of the emitter's: `kind` is one of messaging's (`class_session`, `interview`, ...),
    `subject_id` the emitter's own id of it. Of two that come out of order, the one that was `told_at` later holds."""

    kind: str
    subject_id: UUID
    told_at: AwareDatetime = Field(default_factory=clock.now)


class AnchorSet(AnchorEvent):
    """There is something to be reminded of: a class, an interview, an import. Setting it again moves it, and adds
    its recipients to those that there are. `variables` fill the templates; `attachments` are as in MessageRequested.
    """

    name: ClassVar[str] = "messaging.anchor_set"
    at: AwareDatetime
    time_zone: str
    recipients: tuple[Recipient, ...] = Field(max_length=MOST_RECIPIENTS)
    variables: dict[str, Any] = Field(default_factory=dict)
    attachments: tuple[dict[str, Any], ...] = ()


class AnchorMoved(AnchorEvent):
    """It is at another time. What was not sent yet moves along."""

    name: ClassVar[str] = "messaging.anchor_moved"
    at: AwareDatetime
    time_zone: str
    variables: dict[str, Any] | None = None


class AnchorCancelled(AnchorEvent):
    """Nobody is reminded of it any more; with `recipients`, only they are not (they answered, left, unsubscribed)."""

    name: ClassVar[str] = "messaging.anchor_cancelled"
    reason: str
    recipients: tuple[Recipient, ...] | None = None


class MessageRequested(Event):
    """Send this template to these people now, once for each `dedupe_key`, recipient and channel.

    An attachment is `{name, type, content}` in base64 or `{name, type, storage_key}`; with a `content_id` it is an
    image that the template's HTML shows as `cid:`. What has a target leads there from its notification in the product.
    A variable of type url may be `{"signed": purpose, "id": id, "path": path}`: then the address is the product's, with
    the token that `lodestar.signing` makes of both, which is stored nowhere.
    """

    name: ClassVar[str] = "messaging.message_requested"
    template_key: str
    category: Category
    channels: tuple[Channel, ...]
    recipients: tuple[Recipient, ...] = Field(max_length=MOST_RECIPIENTS)
    variables: dict[str, Any] = Field(default_factory=dict)
    attachments: tuple[dict[str, Any], ...] = ()
    target_type: str | None = None
    target_id: UUID | None = None
    dedupe_key: str


class DeliveriesQueued(Event):
    """These deliveries wait to be sent; messaging's own sender takes them."""

    name: ClassVar[str] = "messaging.deliveries_queued"
    delivery_ids: tuple[UUID, ...]


class InboundReceived(Event):
    """A vendor's call was kept, and waits to be read."""

    name: ClassVar[str] = "messaging.inbound_received"
    inbound_id: UUID


class WebhooksQueued(Event):
    """These events wait to be posted to endpoints of others; messaging takes them itself."""

    name: ClassVar[str] = "messaging.webhooks_queued"
    delivery_ids: tuple[UUID, ...]


class BatchContinued(Event):
    """A batch has recipients that are no deliveries yet; messaging goes on with it."""

    name: ClassVar[str] = "messaging.batch_continued"
    batch_id: UUID


class DeliverySettled(Event):
    """A delivery came to an end that its sender may care for: delivered, read, replied, failed or skipped."""

    name: ClassVar[str] = "messaging.delivery_settled"
    delivery_id: UUID
    channel: Channel
    state: str
    reason: str | None
    recipient_id: UUID | None
    dedupe_key: str
    occurred_at: datetime


class MessageReplied(Event):
    """Somebody answered a message, in words or by a button."""

    name: ClassVar[str] = "messaging.message_replied"
    delivery_id: UUID | None
    channel: Channel
    address: str
    recipient_id: UUID | None
    text: str


class RecipientSuppressed(Event):
    """Nothing more goes to this address by this channel: it bounced, complained, or unsubscribed."""

    name: ClassVar[str] = "messaging.recipient_suppressed"
    channel: Channel
    address: str
    recipient_id: UUID | None
    reason: str

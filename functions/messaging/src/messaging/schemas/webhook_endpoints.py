"""Webhook endpoints, as the API takes and answers them."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, model_validator

from lodestar.api import PatchModel, ReadModel, RowRead, WriteModel
from lodestar.outbound import LONGEST_URL
from messaging.rules.outbound import PUBLIC_EVENTS


def _known(event_type: str) -> str:
    if event_type not in PUBLIC_EVENTS:
        raise ValueError("is no public event type")
    return event_type


EventType = Annotated[
    str, Field(max_length=100, json_schema_extra={"enum": sorted(PUBLIC_EVENTS)}), AfterValidator(_known)
]
EventTypes = Annotated[list[EventType], Field(min_length=1, max_length=len(PUBLIC_EVENTS))]


class WebhookEndpointCreate(WriteModel):
    """Where to post which events."""

    url: str = Field(max_length=LONGEST_URL, examples=["https://hooks.example.org/lodestar"])
    event_types: EventTypes = Field(examples=[["learning.star_awarded"]])
    description: str = Field("", max_length=200, examples=["Student information system"])


class WebhookEndpointPatch(PatchModel):
    """What changes. `active` ends a disabling."""

    event_types: EventTypes | None = None
    description: str | None = Field(None, max_length=200)
    state: Literal["active", "disabled"] | None = None


class WebhookEndpointRead(RowRead):
    """An endpoint. Its secret is shown once, when it is made."""

    url: str
    description: str
    event_types: list[str]
    state: Literal["active", "disabled"]
    disabled_reason: str | None


class WebhookEndpointCreated(WebhookEndpointRead):
    """A new endpoint with its secret, which is not shown again."""

    secret: str = Field(examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD8LE7ANR6e1M="])


class WebhookSecretRead(ReadModel):
    """A new secret, which is not shown again. Until `former_until` messages are signed with the former one too."""

    secret: str = Field(examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD8LE7ANR6e1M="])
    former_until: datetime


class WebhookDeliveryRead(RowRead):
    """An event on its way. `event_id` is the header `webhook-id`, the same in every repetition."""

    event_id: UUID
    event_type: str
    state: Literal["pending", "delivered", "failed"]
    attempts: int
    next_at: datetime
    last_status: int | None
    last_error: str | None
    delivered_at: datetime | None


class RedeliveryCreate(WriteModel):
    """Which deliveries to send again: some, or every one that failed since a moment."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"failed_since": "2026-11-20T00:00:00Z"},
                {"delivery_ids": ["01980000-0000-7000-8000-000000000001"]},
            ]
        }
    )

    delivery_ids: list[UUID] | None = Field(None, min_length=1, max_length=1000)
    failed_since: AwareDatetime | None = Field(None, examples=["2026-11-20T00:00:00Z"])

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.delivery_ids is None) == (self.failed_since is None):
            raise ValueError("give either delivery_ids or failed_since")
        return self


class RedeliveryRead(ReadModel):
    """How many are sent again."""

    count: int

"""Reminder policies, as the API takes and answers them."""

from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from lodestar.api import ReadModel, WriteModel
from lodestar.contracts.messaging import Category, Channel
from messaging.schemas.fields import Key, LocalTime, Zone

YEAR_SECONDS = 366 * 86_400
Guard = Literal["none", "no_response", "not_joined"]
Late = Literal["skip", "send"]


class PolicyPut(WriteModel):
    """When whom to remind of what. `offset_seconds` counts from the moment, negative is before it; with
    `at_local_time` it is whole days, and the hour is the recipient's own."""

    anchor_kind: str = Field(max_length=40, examples=["class_session"])
    offset_seconds: int = Field(ge=-YEAR_SECONDS, le=YEAR_SECONDS, examples=[-86400])
    at_local_time: LocalTime | None = Field(default=None, examples=[None])
    audience: str = Field(max_length=40, examples=["learner"])
    channels: list[Channel] = Field(min_length=1, max_length=4, examples=[["email", "whatsapp"]])
    template_key: Key = Field(examples=["class-reminder"])
    guard: Guard = "none"
    category: Category = Field(examples=["operational"])
    enabled: bool = Field(default=True, examples=[True])
    when_late: Late = "skip"


class PolicyRead(ReadModel):
    """A policy as it holds for the organization. `is_built_in`: nobody changed it; its version is 0."""

    key: str
    anchor_kind: str
    offset_seconds: int
    at_local_time: LocalTime | None
    audience: str
    channels: list[Channel]
    template_key: str
    guard: Guard
    category: Category
    enabled: bool
    when_late: Late
    version: int
    is_built_in: bool


class PolicyList(ReadModel):
    """Every policy, by key; there are some dozens at most."""

    data: list[PolicyRead]


class MadeUpRecipient(WriteModel):
    """Somebody to preview a policy for."""

    name: str = Field(default="", max_length=200, examples=["Ada Lovelace"])
    time_zone: Zone | None = Field(default=None, examples=["Europe/Berlin"])


class PolicyPreviewCreate(WriteModel):
    """For a moment that is set (`subject_id`; with `at` as if it were moved there), or one made up, usually in 30 days,
    with recipients made up."""

    subject_id: UUID | None = None
    at: AwareDatetime | None = Field(default=None, examples=["2026-03-29T09:00:00Z"])
    time_zone: Zone = Field(default="UTC", examples=["Europe/Berlin"])
    recipients: list[MadeUpRecipient] = Field(default_factory=list, max_length=50)
    variables: dict[str, Any] = Field(default_factory=dict, max_length=100)


class PreviewedMessage(ReadModel):
    """One message that would go out. `sends_at_local` is the recipient's clock."""

    recipient_name: str
    recipient_id: UUID | None
    channel: Channel
    time_zone: str
    sends_at: AwareDatetime
    sends_at_local: str
    is_too_late: bool
    subject: str
    text: str
    problems: list[str]


class PolicyPreviewRead(ReadModel):
    """Everything that the policy would send for the moment, up to 200 messages."""

    at: AwareDatetime
    messages: list[PreviewedMessage]

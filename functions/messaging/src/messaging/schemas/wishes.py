"""Preferences and suppressions, as the API takes and answers them."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from lodestar.api import ReadModel, WriteModel
from messaging.rules import addresses
from messaging.schemas.fields import Locale, LocalTime, Phone

Reason = Literal["hard_bounce", "complaint", "unsubscribe", "manual"]
ByAddress = Literal["email", "whatsapp", "voice"]


class PreferencesPut(WriteModel):
    """What the caller wants, by which channel. All three off: only in the product. Quiet hours are the caller's own
    clock, and may go over midnight."""

    email: bool = Field(default=True, examples=[True])
    whatsapp: bool = Field(default=True, examples=[False])
    voice: bool = Field(default=True, examples=[False])
    marketing: bool = Field(default=True, examples=[False])
    phone: Phone | None = Field(default=None, examples=["+49301234567"])
    locale: Locale | None = Field(default=None, examples=["en"])
    quiet_from: LocalTime | None = Field(default=None, examples=["21:00:00"])
    quiet_until: LocalTime | None = Field(default=None, examples=["08:00:00"])

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ValueError("quiet_from and quiet_until come together")
        if any(
            moment is not None and moment.tzinfo is not None for moment in (self.quiet_from, self.quiet_until)
        ):
            raise ValueError("quiet hours are local times without an offset")
        return self


class PreferencesRead(ReadModel):
    """The caller's wishes; version 0 while nothing was changed."""

    email: bool = True
    whatsapp: bool = True
    voice: bool = True
    marketing: bool = True
    phone: str | None = None
    locale: str | None = None
    quiet_from: LocalTime | None = None
    quiet_until: LocalTime | None = None
    version: int = 0


class SuppressionCreate(WriteModel):
    """An address that gets nothing any more, except transactional messages."""

    channel: ByAddress = Field(examples=["email"])
    address: str = Field(max_length=300, examples=["ada@example.org"])
    note: str = Field(default="", max_length=500, examples=["Asked by telephone."])

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        plain = addresses.email(self.address) if self.channel == "email" else addresses.phone(self.address)
        if plain is None:
            raise ValueError("address is not one e-mail address, or telephone number with its country")
        self.address = plain
        return self


class SuppressionRead(ReadModel):
    """An address, and why."""

    id: UUID
    channel: ByAddress
    address: str
    user_id: UUID | None
    reason: Reason
    evidence: dict[str, Any]
    created_by: UUID | None
    created_at: datetime

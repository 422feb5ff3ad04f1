"""Promotions on the wire."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from learning.rules import texts
from lodestar.api import ReadModel
from lodestar.contracts.learning import PromotionEligibility, Tier


class OfferRead(ReadModel):
    """The one exam that may be taken now."""

    star: int = Field(examples=[2])
    current_tier: Tier
    target_tier: Tier
    target_label: str = Field(examples=["Silver"])
    text: str


class ExamRead(ReadModel):
    """A promotion exam that was begun (JR-50). `score` is in percent."""

    attempt_id: UUID
    star: int | None
    tier_used: Tier | None
    target_tier: Tier | None
    state: str
    score: float | None
    passed: bool | None
    created_at: datetime


class PromotionRead(ReadModel):
    """What is on offer, or why nothing is."""

    enrollment_id: UUID
    eligible: bool
    current_tier: Tier | None
    offer: OfferRead | None
    text: str
    exams: list[ExamRead]
    declined_stars: list[int]


class DeclineRead(ReadModel):
    """An offer that was skipped."""

    id: UUID
    enrollment_id: UUID
    star: int
    target_tier: Tier
    created_at: datetime


def offer_read(offer: PromotionEligibility) -> OfferRead:
    """The offer with its words."""
    return OfferRead(
        star=offer.star,
        current_tier=offer.current_tier,
        target_tier=offer.target_tier,
        target_label=texts.TIER_LABELS[offer.target_tier],
        text=texts.promotion(offer.target_tier, star=offer.star),
    )

"""How long an organization keeps what, and whose data may not go meanwhile."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from identity.schemas.fields import Reason
from lodestar.api import ReadModel, WriteModel
from lodestar.contracts.identity import RetentionCategory

Days = Annotated[int, Field(ge=1, le=3650, description="Days", examples=[180])]


class LegalHoldWrite(WriteModel):
    """A person whose data must not go, and why."""

    user_id: UUID
    reason: Reason = Field(examples=["Appeal before the examinations board, file 2026-114."])


class RetentionPoliciesUpdate(WriteModel):
    """All periods that differ from the usual ones, and all legal holds: what is left out is back to usual, or released."""

    periods: dict[RetentionCategory, Days] = Field(
        default_factory=dict, examples=[{RetentionCategory.INTERVIEW_RECORDINGS: 90}]
    )
    legal_holds: list[LegalHoldWrite] = Field(default_factory=list, max_length=1000)


class RetentionPeriodRead(ReadModel):
    """One category. `is_usual` says that the organization did not set a period of its own."""

    category: RetentionCategory
    days: int
    is_usual: bool
    meaning: str


class LegalHoldRead(ReadModel):
    """A standing hold."""

    id: UUID
    user_id: UUID
    reason: str
    placed_by: UUID
    created_at: datetime


class RetentionPoliciesRead(ReadModel):
    """Legal holds are shown to administrators only; to others the list is empty."""

    periods: list[RetentionPeriodRead]
    legal_holds: list[LegalHoldRead]
    version: int

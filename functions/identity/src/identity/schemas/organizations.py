"""Organizations."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from identity.schemas.fields import EmailAddress, Locale, Reason, TimeZone
from lodestar.api import ReadModel, WriteModel

Name = Annotated[str, StringConstraints(min_length=1, max_length=200), Field(examples=["Riverside College"])]


class FoundedKind(StrEnum):
    """What an organization can be; the platform itself is made by the first migration."""

    INSTITUTION = "institution"
    EMPLOYER = "employer"
    TRAINING_PROVIDER = "training_provider"
    PARTNER = "partner"


class Verdict(StrEnum):
    """What a platform administrator rules on an organization."""

    VERIFIED = "verified"
    REJECTED = "rejected"


class OrganizationCreate(WriteModel):
    """A new organization. `slug` is its short name in addresses."""

    kind: FoundedKind
    name: Name
    slug: str = Field(
        min_length=2, max_length=60, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", examples=["riverside"]
    )
    time_zone: TimeZone = "UTC"


class OrganizationUpdate(WriteModel):
    """What its administrators change. What is left out stays; `support_email: null` removes it."""

    name: Name | None = None
    time_zone: TimeZone | None = None
    support_email: EmailAddress | None = None
    default_locale: Locale | None = None


class OrganizationRead(ReadModel):
    """An organization. `state` is `pending` until a platform administrator has verified it."""

    id: UUID
    kind: str
    name: str
    slug: str
    time_zone: str
    state: str
    created_at: datetime
    version: int


class OrganizationDetailRead(OrganizationRead):
    """With what it chose for itself."""

    support_email: str | None
    default_locale: str


class VerificationDecisionCreate(WriteModel):
    """A platform administrator's decision. When verified, whoever founded it becomes its administrator."""

    decision: Verdict
    reason: Reason = Field(examples=["Registered in the national register of colleges."])

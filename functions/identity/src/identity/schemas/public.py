"""What people send before they can sign in."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from identity.schemas.fields import DisplayName, EmailAddress, Password, TimeZone
from lodestar.api import ReadModel, WriteModel
from lodestar.principal import Role


class RegistrationCreate(WriteModel):
    """A person makes an account of their own."""

    email: EmailAddress
    password: Password
    display_name: DisplayName
    time_zone: TimeZone = "UTC"


class RegistrationRead(ReadModel):
    """The same answer for new and for known addresses."""

    email: str
    next_step: str = Field(examples=["Enter the code that we sent to this address."])


class EmailVerificationCreate(WriteModel):
    """The code from the e-mail."""

    email: EmailAddress
    code: str = Field(pattern=r"^[0-9]{6}$", examples=["123456"])


class EmailVerificationRead(ReadModel):
    """The address is verified; its owner can sign in."""

    email: str
    verified: bool


class InvitationOfferRead(ReadModel):
    """What a link invites to."""

    organization_name: str
    email: str
    role: Role
    expires_at: datetime


class InvitationAcceptance(WriteModel):
    """Who accepts. The password is chosen here; whoever has an account already gives that one's."""

    password: Password
    display_name: DisplayName
    time_zone: TimeZone = "UTC"


class InvitationAcceptanceRead(ReadModel):
    """They are a member now, and sign in with this address."""

    organization_id: UUID
    email: str
    role: Role

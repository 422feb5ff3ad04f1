"""Invitations."""

from datetime import datetime
from uuid import UUID

from identity.schemas.fields import EmailAddress
from lodestar.api import ReadModel, WriteModel
from lodestar.principal import Role


class InvitationCreate(WriteModel):
    """Who is invited, and as what. An open invitation for the same is replaced."""

    email: EmailAddress
    role: Role = Role.LEARNER


class InvitationRead(ReadModel):
    """An invitation. `state` is `open`, `accepted`, `revoked` or `expired`."""

    id: UUID
    email: str
    role: Role
    state: str
    invited_by: UUID
    expires_at: datetime
    accepted_at: datetime | None
    created_at: datetime


class InvitationLinkRead(InvitationRead):
    """With its link, which is shown this once: pass it on to the person."""

    url: str
    token: str

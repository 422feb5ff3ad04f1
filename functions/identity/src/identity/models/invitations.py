"""Invitations: links that make a person a member."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from lodestar.db import Base, VersionedRow


class Invitation(VersionedRow, Base):
    """One link, good once and until `expires_at`. Of its token only the hash is kept."""

    __tablename__ = "invitations"
    __table_args__ = ({"schema": "identity"},)

    email: Mapped[str]
    role: Mapped[str]
    token_hash: Mapped[str]
    invited_by: Mapped[UUID]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[UUID | None]
    revoked_at: Mapped[datetime | None]

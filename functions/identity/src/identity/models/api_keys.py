"""API keys, for integrations and administrators' scripts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, VersionedRow
from lodestar.principal import CALLS_PER_MINUTE


class ApiKey(VersionedRow, Base):
    """A key acts as its user in its organization, within its scopes. Of the key itself only the hash is kept."""

    __tablename__ = "api_keys"
    __table_args__ = ({"schema": "identity"},)

    user_id: Mapped[UUID]
    name: Mapped[str]
    prefix: Mapped[str]
    key_hash: Mapped[str]
    scopes: Mapped[list[str]]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    rotated_to: Mapped[UUID | None]
    calls_per_minute: Mapped[int] = mapped_column(default=CALLS_PER_MINUTE)
    warned_at: Mapped[datetime | None]

"""Who has which role in an organization."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from lodestar.db import Base, VersionedRow


class Membership(VersionedRow, Base):
    """One role of one person; it counts until `ended_at`."""

    __tablename__ = "memberships"
    __table_args__ = ({"schema": "identity"},)

    user_id: Mapped[UUID]
    role: Mapped[str]
    ended_at: Mapped[datetime | None]

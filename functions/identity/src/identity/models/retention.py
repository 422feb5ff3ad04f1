"""How long an organization keeps what, and whose data may not go meanwhile."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from lodestar.db import Base, VersionedRow


class RetentionPolicy(VersionedRow, Base):
    """The period of one category, where it is not the usual one."""

    __tablename__ = "retention_policies"
    __table_args__ = ({"schema": "identity"},)

    category: Mapped[str]
    days: Mapped[int]


class LegalHold(VersionedRow, Base):
    """Nothing of this person is erased, on request or by age, until the hold is released."""

    __tablename__ = "legal_holds"
    __table_args__ = ({"schema": "identity"},)

    user_id: Mapped[UUID]
    reason: Mapped[str]
    placed_by: Mapped[UUID]
    released_at: Mapped[datetime | None]
    released_by: Mapped[UUID | None]

"""What a member wants to get, and where."""

from datetime import time
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, VersionedRow


class Preference(VersionedRow, Base):
    """A member's wishes in one organization. `phone` is E.164; quiet hours are in the member's own zone."""

    __tablename__ = "preferences"
    __table_args__ = ({"schema": "messaging"},)

    user_id: Mapped[UUID]
    email: Mapped[bool] = mapped_column(default=True)
    whatsapp: Mapped[bool] = mapped_column(default=True)
    voice: Mapped[bool] = mapped_column(default=True)
    marketing: Mapped[bool] = mapped_column(default=True)
    phone: Mapped[str | None]
    locale: Mapped[str | None]
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]

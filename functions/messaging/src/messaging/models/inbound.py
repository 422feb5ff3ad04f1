"""What vendors told us, as they said it."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, TenantRow


class InboundEvent(TenantRow, Base):
    """A vendor's call, kept raw. It belongs to nobody's organization: whose it is shows when it is read."""

    __tablename__ = "inbound_events"
    __table_args__ = ({"schema": "messaging"},)

    vendor: Mapped[str]
    event_key: Mapped[str]
    body: Mapped[bytes]
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default="received")
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    processed_at: Mapped[datetime | None]

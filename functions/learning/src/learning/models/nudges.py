"""Nudges that a learner put away."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, TenantRow


class DismissedNudge(TenantRow, Base):
    """The id is the nudge's own, made from what it is about; nudges themselves are computed."""

    __tablename__ = "nudges"
    __table_args__ = ({"schema": "learning"},)

    learner_id: Mapped[UUID]
    enrollment_id: Mapped[UUID]
    kind: Mapped[str]
    dismissed_at: Mapped[datetime] = mapped_column(server_default=text("now()"))

"""What happened, as xAPI tells it: who, did what, to which object, with which result, in which context."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base


class ActivityEvent(Base):
    """One event. Its id is the published event's, which grows with time; the learner is the actor."""

    __tablename__ = "activity_events"
    __table_args__ = ({"schema": "insights"},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    org_id: Mapped[UUID] = mapped_column(server_default=text("backbone.current_org()"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    occurred_at: Mapped[datetime]
    verb: Mapped[str]
    object_type: Mapped[str]
    object_id: Mapped[UUID]
    learner_id: Mapped[UUID]
    enrollment_id: Mapped[UUID | None]
    program_id: Mapped[UUID | None]
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    context: Mapped[dict[str, Any]] = mapped_column(default=dict)

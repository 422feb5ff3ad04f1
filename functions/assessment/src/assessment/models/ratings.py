"""What learners say of what they were given to do."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, VersionedRow


class AttemptRating(VersionedRow, Base):
    """How relevant its learner found an attempt, from 1 to 5; one an attempt."""

    __tablename__ = "attempt_ratings"
    __table_args__ = ({"schema": "assessment"},)

    attempt_id: Mapped[UUID]
    learner_id: Mapped[UUID]
    rating: Mapped[int]
    comment: Mapped[str] = mapped_column(default="")
    rated_at: Mapped[datetime] = mapped_column(server_default=text("now()"))

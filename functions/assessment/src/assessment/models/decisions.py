"""What persons ruled."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, TenantRow


class AttemptDecision(TenantRow, Base):
    """A person approved or rejected an attempt; `previous` keeps what it replaced."""

    __tablename__ = "attempt_decisions"
    __table_args__ = ({"schema": "assessment"},)

    attempt_id: Mapped[UUID]
    decided_by: Mapped[UUID]
    outcome: Mapped[str]
    score: Mapped[Decimal]
    feedback: Mapped[str]
    previous: Mapped[dict[str, Any]] = mapped_column(default=dict)

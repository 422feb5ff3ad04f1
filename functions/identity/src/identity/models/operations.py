"""Long work, as every domain reports it through `lodestar.operations`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base


class Operation(Base):
    """One piece of long work and how far it is. Read only here."""

    __tablename__ = "operations"
    __table_args__ = ({"schema": "backbone"},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    org_id: Mapped[UUID]
    user_id: Mapped[UUID]
    kind: Mapped[str]
    status: Mapped[str]
    progress_percent: Mapped[int]
    message: Mapped[str | None]
    subject_type: Mapped[str | None]
    subject_id: Mapped[UUID | None]
    result: Mapped[dict[str, Any] | None]
    problem: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

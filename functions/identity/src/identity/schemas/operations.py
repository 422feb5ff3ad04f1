"""Operations."""

from datetime import datetime
from typing import Any
from uuid import UUID

from lodestar.api import ReadModel


class OperationRead(ReadModel):
    """Long work. `status` is `pending`, `running`, `succeeded` or `failed`; `problem` is a problem document."""

    id: UUID
    kind: str
    status: str
    progress_percent: int
    message: str | None
    subject_type: str | None
    subject_id: UUID | None
    result: dict[str, Any] | None
    problem: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime

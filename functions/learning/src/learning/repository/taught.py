"""Content as learners have it: by their own enrollments, in the version they are on."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select

from learning.models.enrollments import Enrollment
from learning.repository.enrollments import knowing_hidden
from lodestar.principal import Principal


def restrict(statement: Any, principal: Principal, enrollment_id: UUID | None = None) -> Select[Any]:
    """Only what belongs to the caller's own enrollments, or to one of them."""
    mine: Select[Any] = statement.where(
        Enrollment.org_id == principal.org_id, Enrollment.learner_id == principal.user_id
    ).options(knowing_hidden())
    return mine if enrollment_id is None else mine.where(Enrollment.id == enrollment_id)

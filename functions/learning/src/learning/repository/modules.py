"""Modules as learners have them."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, select

from learning.models.enrollments import Enrollment
from learning.models.modules import Module
from learning.models.programs import Stage
from learning.repository import taught
from lodestar.principal import Principal


def of_learner(principal: Principal, enrollment_id: UUID | None = None) -> Select[Any]:
    """(module, enrollment, stage) of the caller's enrollments, or of one of them."""
    statement = (
        select(Module, Enrollment, Stage)
        .join(Enrollment, Enrollment.version_id == Module.version_id)
        .join(Stage, and_(Stage.version_id == Module.version_id, Stage.kind == Module.kind))
    )
    return taught.restrict(statement, principal, enrollment_id)

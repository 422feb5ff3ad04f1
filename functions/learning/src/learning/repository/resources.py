"""Resources as learners have them."""

from typing import Any

from sqlalchemy import Select, and_, select

from learning.models.enrollments import Enrollment
from learning.models.lessons import Lesson
from learning.models.modules import Module
from learning.models.programs import Stage
from learning.models.resources import Resource
from learning.repository import taught
from lodestar.principal import Principal


def of_learner(principal: Principal) -> Select[Any]:
    """(resource, enrollment, stage) of the lessons in the caller's enrollments."""
    statement = (
        select(Resource, Enrollment, Stage)
        .join(Lesson, Lesson.id == Resource.lesson_id)
        .join(Enrollment, Enrollment.version_id == Lesson.version_id)
        .join(Module, and_(Module.version_id == Lesson.version_id, Module.id == Lesson.module_id))
        .join(Stage, and_(Stage.version_id == Module.version_id, Stage.kind == Module.kind))
    )
    return taught.restrict(statement, principal)

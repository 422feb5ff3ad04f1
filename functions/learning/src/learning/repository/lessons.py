"""Lessons as learners have them."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, select

from learning.models.enrollments import Enrollment
from learning.models.lessons import Lesson
from learning.models.modules import Module
from learning.models.programs import Stage
from learning.models.progress import LessonProgress
from learning.repository import taught
from lodestar.principal import Principal


def of_learner(principal: Principal, enrollment_id: UUID | None = None) -> Select[Any]:
    """(lesson, enrollment, stage, completed_at) of the caller's enrollments, or of one of them."""
    statement = (
        select(Lesson, Enrollment, Stage, LessonProgress.completed_at)
        .join(Enrollment, Enrollment.version_id == Lesson.version_id)
        .join(Module, and_(Module.version_id == Lesson.version_id, Module.id == Lesson.module_id))
        .join(Stage, and_(Stage.version_id == Module.version_id, Stage.kind == Module.kind))
        .outerjoin(
            LessonProgress,
            and_(LessonProgress.enrollment_id == Enrollment.id, LessonProgress.lesson_id == Lesson.id),
        )
    )
    return taught.restrict(statement, principal, enrollment_id)

"""Content as learners have it: by their enrollments, in the version they are on."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, select

from learning.models.enrollments import Enrollment
from learning.models.lessons import Lesson
from learning.models.masterclasses import Masterclass, MasterclassCompletion
from learning.models.modules import Module
from learning.models.programs import Stage
from learning.models.progress import LessonProgress
from learning.models.resources import Resource
from lodestar.contracts.learning import ModuleKind
from lodestar.principal import Principal


def modules(principal: Principal, enrollment_id: UUID | None = None) -> Select[Any]:
    """(module, enrollment, stage) of the caller's enrollments, or of one of them."""
    statement = (
        select(Module, Enrollment, Stage)
        .join(Enrollment, Enrollment.version_id == Module.version_id)
        .join(Stage, and_(Stage.version_id == Module.version_id, Stage.kind == Module.kind))
    )
    return _own(statement, principal, enrollment_id)


def lessons(principal: Principal, enrollment_id: UUID | None = None) -> Select[Any]:
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
    return _own(statement, principal, enrollment_id)


def resources(principal: Principal) -> Select[Any]:
    """(resource, enrollment, stage) of the lessons in the caller's enrollments."""
    statement = (
        select(Resource, Enrollment, Stage)
        .join(Lesson, Lesson.id == Resource.lesson_id)
        .join(Enrollment, Enrollment.version_id == Lesson.version_id)
        .join(Module, and_(Module.version_id == Lesson.version_id, Module.id == Lesson.module_id))
        .join(Stage, and_(Stage.version_id == Module.version_id, Stage.kind == Module.kind))
    )
    return _own(statement, principal, None)


def masterclasses(principal: Principal, enrollment_id: UUID | None = None) -> Select[Any]:
    """(masterclass, enrollment, stage, completed_at): all that are active, whatever the tier (JR-28)."""
    statement = (
        select(Masterclass, Enrollment, Stage, MasterclassCompletion.completed_at)
        .join(Enrollment, Enrollment.program_id == Masterclass.program_id)
        .join(
            Stage, and_(Stage.version_id == Enrollment.version_id, Stage.kind == ModuleKind.MASTERCLASS.value)
        )
        .outerjoin(
            MasterclassCompletion,
            and_(
                MasterclassCompletion.enrollment_id == Enrollment.id,
                MasterclassCompletion.masterclass_id == Masterclass.id,
            ),
        )
        .where(Masterclass.active, Masterclass.deleted_at.is_(None))
    )
    return _own(statement, principal, enrollment_id)


def _own(statement: Any, principal: Principal, enrollment_id: UUID | None) -> Select[Any]:
    mine: Select[Any] = statement.where(
        Enrollment.org_id == principal.org_id, Enrollment.learner_id == principal.user_id
    )
    return mine if enrollment_id is None else mine.where(Enrollment.id == enrollment_id)

"""Masterclasses, as those who run the program have them, and as learners do."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from learning.models.enrollments import Enrollment
from learning.models.masterclasses import Masterclass, MasterclassCompletion
from learning.models.programs import Stage
from learning.repository import taught
from lodestar.contracts.learning import ModuleKind
from lodestar.db import principal_of
from lodestar.principal import Principal


def own(session: Session) -> Select[Masterclass]:
    """The organization's masterclasses that are not deleted."""
    return select(Masterclass).where(
        Masterclass.org_id == principal_of(session).org_id, Masterclass.deleted_at.is_(None)
    )


def count_enrollments(session: Session, program_id: UUID) -> int:
    """How many of the organization's learners are on the program."""
    statement = select(func.count()).select_from(Enrollment).where(Enrollment.program_id == program_id)
    return session.scalars(statement).one()


def count_completions(session: Session, masterclass_id: UUID) -> int:
    """How many of the organization's learners have completed it."""
    statement = select(func.count()).select_from(MasterclassCompletion)
    return session.scalars(statement.where(MasterclassCompletion.masterclass_id == masterclass_id)).one()


def of_learner(principal: Principal, enrollment_id: UUID | None = None) -> Select[Any]:
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
    return taught.restrict(statement, principal, enrollment_id)

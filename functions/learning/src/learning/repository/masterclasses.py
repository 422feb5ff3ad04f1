"""Masterclasses, as those who run the program have them."""

from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from learning.models.enrollments import Enrollment
from learning.models.masterclasses import Masterclass, MasterclassCompletion
from lodestar.db import principal_of


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

"""Appeals."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from assessment.models.appeals import Appeal
from lodestar.principal import Principal


def visible(caller: Principal) -> Select[Appeal]:
    """Staff see their organization's appeals, a learner their own."""
    statement = select(Appeal)
    return statement if caller.is_staff else statement.where(Appeal.learner_id == caller.user_id)


def of_attempt(session: Session, attempt_id: UUID) -> Appeal | None:
    """The attempt's one appeal."""
    return session.scalar(select(Appeal).where(Appeal.attempt_id == attempt_id))


def insert_new(session: Session, *, attempt_id: UUID, learner_id: UUID, reason: str) -> Appeal | None:
    """Store an appeal; None when the attempt has one."""
    values = {"attempt_id": attempt_id, "learner_id": learner_id, "reason": reason}
    return session.scalar(insert(Appeal).values(values).on_conflict_do_nothing().returning(Appeal))

"""Appeals: a learner asks a person to look again at what a model decided (X-12)."""

from uuid import UUID

from sqlalchemy.orm import Session

from assessment.errors import NotAppealable
from assessment.models.appeals import Appeal
from assessment.models.attempts import Attempt
from assessment.repository import appeals as repository
from assessment.repository import attempts
from assessment.rules.states import State
from assessment.schemas.appeals import AppealCreate
from lodestar import audit, events
from lodestar.contracts.assessment import AssessmentKind, ReviewNeeded
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.principal import Principal
from lodestar.problems import NotFound


def list_appeals(
    session: Session, caller: Principal, page: PageQuery, *, state: str | None, attempt_id: UUID | None
) -> Page[Appeal]:
    """Staff see their organization's appeals, a learner their own; newest first."""
    filters = {"state": state, "attempt_id": attempt_id}
    given = {name: value for name, value in filters.items() if value is not None}
    return paginate(session, repository.visible(caller).filter_by(**given), page, keys=(Appeal.id,))


def appeal(session: Session, learner_id: UUID, body: AppealCreate) -> tuple[Appeal, bool]:
    """The attempt's appeal, and whether it is new: there is one an attempt. Raises `NotFound`, `NotAppealable`."""
    attempt = attempts.lock_own(session, learner_id, body.attempt_id)
    if attempt is None:
        raise NotFound()
    existing = repository.of_attempt(session, attempt.id)
    if existing is not None:
        return existing, False
    _check_appealable(attempt)
    made = repository.insert_new(session, attempt_id=attempt.id, learner_id=learner_id, reason=body.reason)
    if made is None:
        raise NotAppealable("This attempt has an appeal already.")
    kind = AssessmentKind(attempt.kind)
    event = ReviewNeeded(attempt_id=attempt.id, learner_id=learner_id, kind=kind, reason="appeal")
    events.emit(session, event)
    audit.record(
        session,
        "appeal.opened",
        subject_type="appeal",
        subject_id=made.id,
        after={"attempt_id": str(attempt.id)},
    )
    return made, True


def _check_appealable(attempt: Attempt) -> None:
    if attempt.state == State.DECIDED:
        raise NotAppealable("A person has already decided on this attempt.")
    if attempt.state != State.GRADED:
        raise NotAppealable("There is no outcome to appeal against yet.")
    if attempt.kind == AssessmentKind.INITIAL:
        raise NotAppealable("Nothing in this assessment was made or graded by a model.")

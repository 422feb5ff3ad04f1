"""A learner says how relevant an attempt was (JR-56)."""

from uuid import UUID

from sqlalchemy.orm import Session

from assessment.errors import AlreadyRated, AttemptState
from assessment.models.attempts import Attempt
from assessment.models.ratings import AttemptRating
from assessment.repository import decisions
from assessment.repository import ratings as repository
from assessment.rules.states import HANDED_IN
from assessment.schemas.ratings import RatingWrite
from lodestar import clock, events
from lodestar.contracts.assessment import AssessmentKind, AttemptRated
from lodestar.db import expect_version
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.principal import Principal
from lodestar.problems import NotFound


def list_ratings(
    session: Session, caller: Principal, attempt_id: UUID, page: PageQuery
) -> Page[AttemptRating]:
    """The attempt's rating, or none; staff see any, a learner their own. Raises `NotFound`."""
    learner_id = None if caller.is_staff else caller.user_id
    if not decisions.is_readable(session, attempt_id, learner_id=learner_id):
        raise NotFound()
    return paginate(session, repository.of_attempt(attempt_id), page, keys=(AttemptRating.id,))


def rate(
    session: Session, learner_id: UUID, attempt_id: UUID, body: RatingWrite, *, if_match: int | None
) -> tuple[AttemptRating, bool]:
    """The attempt's rating, and whether it is new. The same again changes nothing; another one replaces it only
    with the version that it replaces.

    Raises `NotFound`, `AttemptState`, `AlreadyRated`, `StaleVersion`.
    """
    attempt, rating = _own(session, learner_id, attempt_id)
    if attempt.state not in HANDED_IN:
        raise AttemptState("Hand it in first, then say how relevant it was.")
    if rating is None:
        expect_version(None, if_match)
        rating = repository.insert_new(
            session, attempt_id=attempt_id, learner_id=learner_id, **body.model_dump()
        )
        if rating is not None:
            _tell(session, attempt, rating)
            return rating, True
        attempt, rating = _own(session, learner_id, attempt_id)
    if rating is None:
        raise NotFound()
    if (rating.rating, rating.comment) == (body.rating, body.comment):
        return rating, False
    _replace(session, attempt, rating, body, if_match=if_match)
    return rating, False


def _own(session: Session, learner_id: UUID, attempt_id: UUID) -> tuple[Attempt, AttemptRating | None]:
    found = repository.own(session, learner_id, attempt_id)
    if found is None:
        raise NotFound()
    return found


def _replace(
    session: Session, attempt: Attempt, rating: AttemptRating, body: RatingWrite, *, if_match: int | None
) -> None:
    if if_match is None:
        raise AlreadyRated(rating.version)
    expect_version(rating, if_match)
    rating.rating, rating.comment, rating.rated_at = body.rating, body.comment, clock.now()
    session.flush()
    _tell(session, attempt, rating)


def _tell(session: Session, attempt: Attempt, rating: AttemptRating) -> None:
    event = AttemptRated(
        attempt_id=attempt.id,
        enrollment_id=attempt.enrollment_id,
        learner_id=attempt.learner_id,
        program_id=attempt.program_id,
        background_id=attempt.background_id,
        kind=AssessmentKind(attempt.kind),
        rating=rating.rating,
        rated_at=rating.rated_at,
    )
    events.emit(session, event)

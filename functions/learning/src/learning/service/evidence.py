"""What learning does when assessment or media tell of something a learner did."""

from sqlalchemy.orm import Session

from learning.repository import enrollments
from learning.service import promotions, standing
from lodestar.contracts.assessment import AssessmentKind, AttemptOutcome
from lodestar.contracts.media import PlaybackCompleted


def attempt_ended(session: Session, outcome: AttemptOutcome) -> None:
    """An attempt has its outcome; a later decision never takes a star back."""
    enrollment = enrollments.locked(session, outcome.enrollment_id)
    if enrollment is None:
        return
    enrollments.touch(session, enrollment.id)
    if outcome.kind is AssessmentKind.PROMOTION_EXAM:
        promotions.apply(session, enrollment, outcome)
    else:
        standing.settle(session, enrollment)


def playback_completed(session: Session, event: PlaybackCompleted) -> None:
    """A video was covered; every enrollment of the learner that teaches with it takes note."""
    for enrollment_id in enrollments.using_asset(
        session, learner_id=event.learner_id, asset_id=event.asset_id
    ):
        enrollment = enrollments.locked(session, enrollment_id)
        if enrollment is not None:
            enrollments.touch(session, enrollment.id)
            standing.settle(session, enrollment)

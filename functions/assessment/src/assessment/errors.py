"""What assessment refuses, and what a person can do about it."""

from lodestar.contracts.learning import ModuleAccess
from lodestar.problems import Conflict, Forbidden, InvalidContent, Unavailable


class ModuleLocked(Forbidden):
    """JR-08: the answer names the prerequisite and never the content."""

    code = "module_locked"
    title = "This module is still locked"

    @classmethod
    def of(cls, access: ModuleAccess) -> "ModuleLocked":
        """The refusal for this module: the star that opens it, and why it is closed."""
        return cls(
            access.reason or f"Earn star {access.required_star} first.",
            module_id=str(access.module_id),
            prerequisite={"star": access.required_star, "stars": access.stars},
            reason=access.reason,
        )


class AttemptNotAllowed(Conflict):
    """The policy of attempts says no, or not yet; `available_at` then says when."""

    code = "attempt_not_allowed"
    title = "Another attempt is not possible now"


class NotEligible(Conflict):
    """No promotion exam is offered to this enrollment now (X-02)."""

    code = "not_eligible"
    title = "No promotion exam is open to you now"


class QuizDisabled(Conflict):
    """The course's quizzes are switched off (JR-19)."""

    code = "quiz_disabled"
    title = "This course has no quizzes"


class BackgroundRequired(Conflict):
    """Projects and interviews are made for a background, and the learner has not chosen one."""

    code = "background_required"
    title = "Choose your background first"


class ContentPreparing(Conflict):
    """The questions or the project are still being made."""

    code = "content_preparing"
    title = "Your content is still being prepared; ask again in a few seconds"


class AttemptState(Conflict):
    """The attempt is past, or not yet at, the step that was asked for."""

    code = "attempt_state"
    title = "The attempt is not at this step"


class AlreadySubmitted(Conflict):
    """Work is handed in once."""

    code = "already_submitted"
    title = "This attempt was already handed in"


class RegenerationsUsed(Conflict):
    """The content was changed as often as is allowed (D-09)."""

    code = "regenerations_used"
    title = "The content cannot be changed again"


class WindowClosed(Conflict):
    """The deadline, which the server holds, has passed (D-05)."""

    code = "window_closed"
    title = "The time for this attempt is over"


class ConsentRequired(Conflict):
    """A recording needs its person's consent first."""

    code = "consent_required"
    title = "Consent to the recording first"


class AiUnavailable(Unavailable):
    """JR-42: told before a recording is lost. `choice` is the body that goes on with a person's review."""

    code = "ai_unavailable"
    title = "The service that grades interviews does not answer right now"

    def __init__(self) -> None:
        super().__init__(
            "Wait and try again later, or start now and have a person grade your interview: "
            'send {"accept_review": true}.',
            choice={"accept_review": True},
        )


class WrongSubmissionKind(InvalidContent):
    """JR-37: each background hands in its own kind of work."""

    code = "wrong_submission_kind"
    title = "This attempt asks for another kind of work"


class NotARepository(InvalidContent):
    """The address is not that of a GitHub repository."""

    code = "not_a_repository"
    title = "That is not the address of a GitHub repository"


class EmptySubmission(InvalidContent):
    """There is nothing to grade."""

    code = "empty_submission"
    title = "There is nothing to hand in yet"


class RecordingUnusable(InvalidContent):
    """The video is not the learner's, was rejected, or is too long."""

    code = "recording_unusable"
    title = "This recording cannot be handed in"


class RecordingNotUploaded(Conflict):
    """The video's bytes have not arrived yet."""

    code = "recording_not_uploaded"
    title = "The recording is not uploaded yet"


class ResultNotReady(Conflict):
    """The attempt has no outcome yet."""

    code = "result_not_ready"
    title = "There is no result yet"


class NotAppealable(Conflict):
    """Only an outcome that a model computed can be appealed."""

    code = "not_appealable"
    title = "This attempt cannot be appealed"


class OwnWork(Forbidden):
    """Nobody grades themselves, whatever else they may do here."""

    code = "own_work"
    title = "This is your own work; somebody else decides on it"


class AlreadyRated(Conflict):
    """Two answers without a word that the second replaces the first."""

    code = "already_rated"
    title = "You rated this already"

    def __init__(self, version: int) -> None:
        super().__init__(
            f"To replace your rating, send it with the version that it replaces: If-Match: {version}.",
            version=version,
        )


class AppealAnswered(Conflict):
    """An appeal is answered once."""

    code = "appeal_answered"
    title = "This appeal was answered already"

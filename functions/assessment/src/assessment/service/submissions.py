"""Handing in: single-choice answers are scored at once, everything else goes to grading."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from assessment.errors import (
    EmptySubmission,
    NotARepository,
    RecordingNotUploaded,
    RecordingUnusable,
    WrongSubmissionKind,
)
from assessment.models.attempts import Attempt, Response
from assessment.rules import scoring
from assessment.rules.states import State
from assessment.rules.wording import result_message
from assessment.schemas.attempts import (
    AnswersSubmission,
    RepositorySubmission,
    Submission,
    TextSubmission,
    VideoSubmission,
)
from assessment.service import attempts
from assessment.service.outcomes import graded
from lodestar import clock, events
from lodestar.contracts import media
from lodestar.contracts.assessment import AssessmentKind, AttemptSubmitted
from lodestar.problems import InvalidContent

INTERVIEW_PURPOSE = "interview_video"
TOLERANCE = timedelta(seconds=10)
"""X-01: what a recording may last beyond its frozen limit."""


def submit(
    session: Session, learner_id: UUID, attempt_id: UUID, body: Submission, *, if_match: int | None
) -> Attempt:
    """Hand in.

    Raises `WindowClosed`, `WrongSubmissionKind`, `AlreadySubmitted`, `AttemptState`, `NotARepository`, `EmptySubmission`,
    `RecordingUnusable`, `RecordingNotUploaded`, `InvalidContent`.
    """
    attempt = attempts.lock_own(session, learner_id, attempt_id, if_match=if_match)
    attempts.refuse_unless_in_progress(attempt)
    if body.kind != attempt.submission_kind:
        raise WrongSubmissionKind(
            f"This attempt hands in {attempt.submission_kind}, not {body.kind}.",
            expected=attempt.submission_kind,
        )
    attempt.submitted_at = clock.now()
    match body:
        case AnswersSubmission():
            _score(session, attempt, body)
        case RepositorySubmission():
            _hand_in(session, attempt, _repository(body))
        case TextSubmission():
            _hand_in(session, attempt, _text(attempt, body))
        case VideoSubmission():
            _hand_in(session, attempt, _video(session, attempt, body))
    session.flush()
    return attempt


def _score(session: Session, attempt: Attempt, body: AnswersSubmission) -> None:
    key = attempt.answer_key or {}
    answers = attempt.draft.get("answers", {}) if body.answers is None else body.answers
    unknown = scoring.unknown_questions(key, answers)
    if unknown:
        raise InvalidContent(f"There are no such questions: {', '.join(unknown)}.")
    answered = scoring.marked(key, answers)
    session.add_all(
        Response(
            attempt_id=attempt.id,
            question_id=entry.question_id,
            item_id=_item_id(key[entry.question_id]["item_id"]),
            chosen=entry.chosen,
            correct=entry.correct,
        )
        for entry in answered
    )
    attempt.submission = {"kind": "answers", "answers": dict(answers)}
    attempt.score = scoring.score(answered)
    attempt.passed = attempt.score >= attempt.passing_score
    attempt.state, attempt.ended_at = State.GRADED, attempt.submitted_at
    attempt.feedback = {
        "summary": result_message(attempt.kind, passed=attempt.passed, tier=attempt.tier_used),
        "right": sum(entry.correct for entry in answered),
        "asked": len(answered),
    }
    events.emit(session, graded(attempt))


def _item_id(value: str | None) -> UUID | None:
    return UUID(value) if value else None


def _hand_in(session: Session, attempt: Attempt, submission: dict[str, object]) -> None:
    attempt.submission, attempt.state = submission, State.SUBMITTED
    attempt.claimed_by = attempt.claimed_at = None
    event = AttemptSubmitted(
        attempt_id=attempt.id, kind=AssessmentKind(attempt.kind), submission_kind=attempt.submission_kind
    )
    events.emit(session, event)


def _repository(body: RepositorySubmission) -> dict[str, object]:
    from lodestar.adapters.code_hosting import NotARepositoryUrl, parse_repository_url

    try:
        ref = parse_repository_url(body.url)
    except NotARepositoryUrl as error:
        raise NotARepository(str(error)) from None
    return {"kind": "repository", "url": ref.url, "owner": ref.owner, "name": ref.name}


def _text(attempt: Attempt, body: TextSubmission) -> dict[str, object]:
    text = str(attempt.draft.get("text") or "") if body.text is None else body.text
    if not text.strip():
        raise EmptySubmission("Write your text first; there is none to hand in.")
    return {"kind": "text", "text": text}


def _video(session: Session, attempt: Attempt, body: VideoSubmission) -> dict[str, object]:
    """The recording must be the learner's own and have arrived; what is still being probed, grading waits for."""
    asset = media.asset(session, body.asset_id)
    if asset is None or asset.owner_id != attempt.learner_id or asset.purpose != INTERVIEW_PURPOSE:
        message = "There is no such recording of yours."
        fault = {"field": "asset_id", "code": "no_such_recording", "message": message}
        raise RecordingUnusable(message, errors=[fault])
    if asset.state == "uploading":
        raise RecordingNotUploaded("The upload has not finished; hand in when it has.")
    if asset.state == "rejected":
        raise RecordingUnusable(asset.problem_detail or "The file was rejected.", reason=asset.problem_code)
    longest = timedelta(seconds=attempt.time_limit_seconds or 0) + TOLERANCE
    if asset.duration_ms is not None and timedelta(milliseconds=asset.duration_ms) > longest:
        raise RecordingUnusable(
            f"The recording is longer than {attempt.time_limit_seconds} seconds; record a shorter one.",
            reason="video_too_long",
        )
    return {"kind": "video", "asset_id": str(asset.asset_id)}

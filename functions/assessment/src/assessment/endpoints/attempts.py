"""/v1/assessment/attempts - from the first question to the result."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Body, Query, Response

from assessment.errors import (
    AiUnavailable,
    AlreadyRated,
    AlreadySubmitted,
    AttemptNotAllowed,
    AttemptState,
    BackgroundRequired,
    ConsentRequired,
    ContentPreparing,
    EmptySubmission,
    ModuleLocked,
    NotARepository,
    NotEligible,
    OwnWork,
    QuizDisabled,
    RecordingNotUploaded,
    RecordingUnusable,
    RegenerationsUsed,
    ResultNotReady,
    WindowClosed,
    WrongSubmissionKind,
)
from assessment.models.decisions import AttemptDecision
from assessment.models.ratings import AttemptRating
from assessment.rules.decisions import DECIDERS
from assessment.rules.states import State
from assessment.schemas.attempts import (
    AttemptCreate,
    AttemptRead,
    AttemptSummaryRead,
    DraftWrite,
    StartWrite,
    Submission,
)
from assessment.schemas.decisions import DecisionCreate, DecisionRead
from assessment.schemas.ratings import RatingRead, RatingWrite
from assessment.schemas.results import ResultRead
from assessment.service import attempts as service
from assessment.service import openings, submissions
from assessment.service.showing import shown
from lodestar.api import (
    APIRouter,
    Caller,
    IfMatch,
    Paging,
    ReadSession,
    UnitOfWork,
    WriteSession,
    allow,
    lambda_handler,
    problems,
)
from lodestar.contracts.assessment import AssessmentKind
from lodestar.pagination import Page, PageOf
from lodestar.principal import Principal
from lodestar.problems import FeatureOff, InvalidContent, NotFound, StaleVersion
from lodestar.responses import answered_again

router = APIRouter(tags=["assessment"])
HELD = (NotFound, ModuleLocked, FeatureOff, StaleVersion)


@router.get(
    "/v1/assessment/attempts",
    summary="List attempts",
    response_model=PageOf[AttemptSummaryRead],
    responses=problems(NotFound),
)
def list_attempts(
    caller: Caller,
    session: ReadSession,
    page: Paging,
    *,
    state: State | None = None,
    kind: AssessmentKind | None = None,
    learner_id: UUID | None = None,
    enrollment_id: UUID | None = None,
    assessment_id: UUID | None = None,
    lesson_id: UUID | None = None,
    program_id: UUID | None = None,
    graded_by: Literal["rules", "model", "person"] | None = None,
    appealed: Annotated[bool | None, Query(description="Whether an appeal waits for its answer")] = None,
    sort: Literal["-created_at", "created_at"] = "-created_at",
) -> Page[Any]:
    """Staff see their organization's attempts, each with its `review`; a learner their own.

    What waits for a person is `state=needs_review`, and `appealed=true`; what a model graded `graded_by=model`.
    """
    return service.list_attempts(
        session,
        caller,
        page,
        state=state,
        graded_by=graded_by,
        appealed=appealed,
        oldest_first=sort == "created_at",
        program_id=program_id,
        kind=kind,
        learner_id=learner_id,
        enrollment_id=enrollment_id,
        assessment_id=assessment_id,
        lesson_id=lesson_id,
    )


@router.post(
    "/v1/assessment/attempts",
    summary="Open an attempt",
    status_code=201,
    response_model=AttemptRead,
    responses=answered_again()
    | problems(
        NotFound, ModuleLocked, FeatureOff, AttemptNotAllowed, NotEligible, QuizDisabled, BackgroundRequired
    ),
)
def open_attempt(
    body: AttemptCreate, caller: Caller, session: WriteSession, response: Response
) -> AttemptRead:
    """A new attempt is `preparing` until its content is there; an open one is answered again, with 200."""
    attempt, is_new = openings.open_attempt(session, caller.user_id, body)
    response.status_code = 201 if is_new else 200
    return shown(attempt)


@router.get(
    "/v1/assessment/attempts/{attempt_id}",
    summary="Read an attempt",
    response_model=AttemptRead,
    responses=problems(NotFound, ModuleLocked, FeatureOff),
)
def read_attempt(attempt_id: UUID, caller: Caller, session: ReadSession) -> AttemptRead:
    """What is asked (a timed attempt's only once it has started), the draft, and where it stands.

    Staff also see the `evidence` that a decision rests on.
    """
    attempt = service.get_attempt(session, caller, attempt_id)
    if not caller.is_staff or attempt.learner_id == caller.user_id:
        return shown(attempt)
    from assessment.service import reviews

    return shown(attempt, evidence=reviews.evidence(session, attempt))


@router.patch(
    "/v1/assessment/attempts/{attempt_id}",
    summary="Save work in progress",
    response_model=AttemptRead,
    responses=problems(
        *HELD, AttemptState, AlreadySubmitted, ContentPreparing, WindowClosed, WrongSubmissionKind
    ),
)
def autosave(
    attempt_id: UUID, body: DraftWrite, caller: Caller, session: WriteSession, if_match: IfMatch
) -> AttemptRead:
    """Keep answers, text or address; of two tabs that send If-Match, the one that is behind hears so."""
    return shown(service.autosave(session, caller.user_id, attempt_id, body, if_match=if_match))


@router.post(
    "/v1/assessment/attempts/{attempt_id}/regenerations",
    summary="Ask for other content",
    status_code=201,
    response_model=AttemptRead,
    responses=problems(*HELD, RegenerationsUsed, AttemptState, ContentPreparing),
)
def regenerate(attempt_id: UUID, caller: Caller, session: WriteSession, if_match: IfMatch) -> AttemptRead:
    """Another project, or other interview questions, up to three times before the start (D-09)."""
    return shown(service.regenerate(session, caller.user_id, attempt_id, if_match=if_match))


@router.post(
    "/v1/assessment/attempts/{attempt_id}/starts",
    summary="Start an attempt",
    status_code=201,
    response_model=AttemptRead,
    responses=problems(*HELD, ContentPreparing, AttemptState, ConsentRequired, AiUnavailable),
)
def start(
    attempt_id: UUID,
    caller: Caller,
    work: UnitOfWork,
    if_match: IfMatch,
    body: Annotated[StartWrite | None, Body()] = None,
) -> AttemptRead:
    """What is asked is frozen, and a timed attempt's clock starts. An interview first asks whether it can be graded."""
    with work.transaction() as session:
        attempt = service.start(session, caller.user_id, attempt_id, if_match=if_match)
    if attempt is None:
        from lodestar.adapters import ai

        available = ai.health(ai.Purpose.GRADE_INTERVIEW).available
        if not available and not (body and body.accept_review):
            raise AiUnavailable()
        with work.conclusion() as session:
            attempt = service.start_interview(
                session, caller.user_id, attempt_id, if_match=if_match, by_review=not available
            )
    return shown(attempt)


@router.post(
    "/v1/assessment/attempts/{attempt_id}/submissions",
    summary="Hand in",
    status_code=201,
    response_model=AttemptRead,
    responses=problems(
        *HELD,
        ContentPreparing,
        AttemptState,
        AlreadySubmitted,
        WindowClosed,
        WrongSubmissionKind,
        NotARepository,
        EmptySubmission,
        RecordingUnusable,
        RecordingNotUploaded,
    ),
)
def submit(
    attempt_id: UUID,
    body: Annotated[Submission, Body()],
    caller: Caller,
    session: WriteSession,
    if_match: IfMatch,
) -> AttemptRead:
    """Single-choice answers are scored at once; a project or an interview is graded in the background."""
    return shown(submissions.submit(session, caller.user_id, attempt_id, body, if_match=if_match))


@router.get(
    "/v1/assessment/attempts/{attempt_id}/result",
    summary="Read an attempt's result",
    response_model=ResultRead,
    responses=problems(NotFound, ModuleLocked, FeatureOff, ResultNotReady),
)
def read_result(attempt_id: UUID, caller: Caller, session: ReadSession) -> ResultRead:
    """Score, what was right and why, and for graded work the passage behind every point."""
    from assessment.service import results

    return results.get_result(session, caller, attempt_id)


@router.get(
    "/v1/assessment/attempts/{attempt_id}/decisions",
    summary="List what persons decided on an attempt",
    response_model=PageOf[DecisionRead],
    responses=problems(NotFound),
)
def list_decisions(
    attempt_id: UUID, caller: Caller, session: ReadSession, page: Paging
) -> Page[AttemptDecision]:
    """Newest first; a learner sees those on their own attempts."""
    from assessment.service import decisions

    return decisions.list_decisions(session, caller, attempt_id, page)


@router.post(
    "/v1/assessment/attempts/{attempt_id}/decisions",
    summary="Decide on an attempt",
    status_code=201,
    response_model=DecisionRead,
    responses=problems(NotFound, OwnWork, AttemptState, InvalidContent),
)
def decide(
    attempt_id: UUID,
    body: DecisionCreate,
    caller: Annotated[Principal, allow(*DECIDERS)],
    session: WriteSession,
) -> AttemptDecision:
    """A person approves or rejects what grading left to them, or overrules a grade; the learner's star follows."""
    from assessment.service import decisions

    return decisions.decide(session, caller, attempt_id, body)


@router.get(
    "/v1/assessment/attempts/{attempt_id}/ratings",
    summary="List an attempt's rating",
    response_model=PageOf[RatingRead],
    responses=problems(NotFound),
)
def list_ratings(attempt_id: UUID, caller: Caller, session: ReadSession, page: Paging) -> Page[AttemptRating]:
    """What its learner said of it: one rating, or none. Staff see any, a learner their own."""
    from assessment.service import ratings

    return ratings.list_ratings(session, caller, attempt_id, page)


@router.post(
    "/v1/assessment/attempts/{attempt_id}/ratings",
    summary="Say how relevant an attempt was",
    status_code=201,
    response_model=RatingRead,
    responses=answered_again() | problems(NotFound, AttemptState, AlreadyRated, StaleVersion),
)
def rate(
    attempt_id: UUID,
    *,
    body: RatingWrite,
    caller: Caller,
    session: WriteSession,
    response: Response,
    if_match: IfMatch,
) -> AttemptRating:
    """One rating an attempt, once it is handed in. Another one replaces it with the version it replaces in If-Match."""
    from assessment.service import ratings

    rating, is_new = ratings.rate(session, caller.user_id, attempt_id, body, if_match=if_match)
    response.status_code = 201 if is_new else 200
    return rating


handler = lambda_handler(router)

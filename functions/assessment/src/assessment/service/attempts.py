"""A learner's attempt from its content to its start."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from assessment.errors import (
    AlreadySubmitted,
    AttemptState,
    ConsentRequired,
    ContentPreparing,
    ModuleLocked,
    RegenerationsUsed,
    WindowClosed,
    WrongSubmissionKind,
)
from assessment.models.attempts import Attempt
from assessment.repository import attempts as repository
from assessment.rules.attempts import REGENERATIONS
from assessment.rules.freezing import content_hash
from assessment.rules.scoring import unknown_questions
from assessment.rules.states import HANDED_IN, State, is_over
from assessment.schemas.attempts import SHOWN_BEFORE_START, DraftWrite
from assessment.service.openings import spend_ai_call
from lodestar import clock, events
from lodestar.contracts import identity, learning
from lodestar.contracts.assessment import AssessmentKind, ContentRequested
from lodestar.db import expect_version
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.principal import Principal
from lodestar.problems import InvalidContent, NotFound

RECORDING_CONSENT = "recording"


def list_attempts(
    session: Session,
    caller: Principal,
    page: PageQuery,
    *,
    state: State | None,
    graded_by: str | None = None,
    appealed: bool | None = None,
    oldest_first: bool = False,
    **filters: object,
) -> Page[Any]:
    """Staff see their organization's attempts, each with what a review needs, a learner their own."""
    given = {name: value for name, value in filters.items() if value is not None}
    statement = repository.summaries(caller).filter_by(**given)
    if state is not None:
        statement = statement.where(repository.is_in(state))
    if graded_by is not None or appealed is not None:
        statement = statement.where(*_reviewed(graded_by, appealed=appealed))
    found = paginate(session, statement, page, keys=(Attempt.id,), order="asc" if oldest_first else "desc")
    if not caller.is_staff:
        return found
    from assessment.service import reviews

    return Page(reviews.reviewable(session, found.data, reader_id=caller.user_id), found.page)


def _reviewed(graded_by: str | None, *, appealed: bool | None) -> Iterator[ColumnElement[bool]]:
    from assessment.repository import reviews

    if graded_by is not None:
        yield reviews.is_graded_by(graded_by)
    if appealed is not None:
        yield reviews.is_appealed(appealed=appealed)


def get_attempt(session: Session, caller: Principal, attempt_id: UUID) -> Attempt:
    """Raises `NotFound`, and for the learner `ModuleLocked`."""
    attempt = repository.find_visible(session, caller, attempt_id)
    if attempt is None:
        raise NotFound()
    if attempt.learner_id == caller.user_id:
        check_access(session, attempt)
    return attempt


def lock_own(session: Session, learner_id: UUID, attempt_id: UUID, *, if_match: int | None = None) -> Attempt:
    """The learner's attempt, held for a change. Raises `NotFound`, `ModuleLocked`, `StaleVersion`."""
    attempt = repository.lock_own(session, learner_id, attempt_id)
    if attempt is None:
        raise NotFound()
    check_access(session, attempt)
    expect_version(attempt, if_match)
    return attempt


def check_access(session: Session, attempt: Attempt) -> None:
    """JR-08, JR-14, on every operation. A promotion exam stands outside the modules; what is in progress is finished
    also where the program was switched off meanwhile."""
    if attempt.hidden and attempt.state != State.IN_PROGRESS:
        raise learning.switched_off()
    if attempt.module_id is None:
        return
    access = learning.module_access(
        session,
        learner_id=attempt.learner_id,
        enrollment_id=attempt.enrollment_id,
        module_id=attempt.module_id,
    )
    if access is None:
        raise NotFound()
    if not access.open:
        raise ModuleLocked.of(access)


def refuse_unless_in_progress(attempt: Attempt) -> None:
    """Raises `WindowClosed`, `AlreadySubmitted`, `ContentPreparing` or `AttemptState`."""
    if is_over(attempt.state, attempt.deadline_at, now=clock.now()):
        raise WindowClosed(
            "The deadline has passed; nothing was handed in.", deadline_at=str(attempt.deadline_at)
        )
    if attempt.state == State.IN_PROGRESS:
        return
    if attempt.state in HANDED_IN:
        raise AlreadySubmitted("You handed this in already; its result is at /result.")
    if attempt.state == State.PREPARING:
        raise ContentPreparing()
    if attempt.state == State.DRAFT:
        raise AttemptState("Start the attempt first.")
    raise AttemptState("This attempt is over.")


def autosave(
    session: Session, learner_id: UUID, attempt_id: UUID, body: DraftWrite, *, if_match: int | None
) -> Attempt:
    """Keep work in progress (JR-11, JR-38)."""
    attempt = lock_own(session, learner_id, attempt_id, if_match=if_match)
    refuse_unless_in_progress(attempt)
    sent = body.model_dump(exclude_unset=True)
    _check_draft_kind(attempt, sent)
    draft = dict(attempt.draft)
    answers = sent.pop("answers", None)
    if answers is not None:
        unknown = unknown_questions(attempt.answer_key or {}, answers)
        if unknown:
            raise InvalidContent(f"There are no such questions: {', '.join(unknown)}.")
        merged = {**draft.get("answers", {}), **answers}
        draft["answers"] = {key: value for key, value in merged.items() if value is not None}
    attempt.draft = draft | sent
    session.flush()
    return attempt


def _check_draft_kind(attempt: Attempt, sent: dict[str, object]) -> None:
    fields = {"answers": "answers", "text": "text", "repository": "repository_url"}
    foreign = (set(fields.values()) - {fields.get(attempt.submission_kind)}) & sent.keys()
    if foreign:
        raise WrongSubmissionKind(
            f"This attempt hands in {attempt.submission_kind}; it does not take {', '.join(sorted(foreign))}."
        )


def regenerate(session: Session, learner_id: UUID, attempt_id: UUID, *, if_match: int | None) -> Attempt:
    """Ask for other content before the start (X-11, D-09). Raises `RegenerationsUsed`, `AttemptState`, ..."""
    attempt = lock_own(session, learner_id, attempt_id, if_match=if_match)
    if attempt.kind not in SHOWN_BEFORE_START:
        raise AttemptState("Only a project or an interview's questions can be changed before the start.")
    if attempt.state == State.PREPARING:
        raise ContentPreparing()
    if attempt.state != State.DRAFT:
        raise AttemptState("What you are asked was fixed when you started.")
    if attempt.generation >= REGENERATIONS:
        raise RegenerationsUsed(f"It was changed {REGENERATIONS} times already; start with this one.")
    spend_ai_call(session, learner_id)
    attempt.generation += 1
    attempt.state = State.PREPARING
    attempt.claimed_by = attempt.claimed_at = None
    event = ContentRequested(
        attempt_id=attempt.id, kind=AssessmentKind(attempt.kind), generation=attempt.generation
    )
    events.emit(session, event)
    session.flush()
    return attempt


def start(session: Session, learner_id: UUID, attempt_id: UUID, *, if_match: int | None) -> Attempt | None:
    """Freeze what is asked and start the clock (X-11, D-05). Starting twice is starting once.

    None: this is an interview; ask first whether a model can grade it (JR-42), then `start_interview`. Raises
    `ConsentRequired`, `ContentPreparing`, `AttemptState`.
    """
    attempt = _startable(session, learner_id, attempt_id, if_match=if_match)
    if attempt.state == State.DRAFT:
        if attempt.kind == AssessmentKind.INTERVIEW:
            return None
        _freeze(attempt)
        session.flush()
    return attempt


def start_interview(
    session: Session, learner_id: UUID, attempt_id: UUID, *, if_match: int | None, by_review: bool
) -> Attempt:
    """Start an interview; `by_review`: no model answers, and the learner accepts that a person grades it.

    `start` found the module open and the consent given, in the same request: that is not asked again.
    """
    attempt = repository.lock_own(session, learner_id, attempt_id)
    if attempt is None:
        raise NotFound()
    _refuse_unless_startable(attempt, if_match=if_match)
    if attempt.state == State.DRAFT:
        attempt.review_accepted = by_review
        _freeze(attempt)
        session.flush()
    return attempt


def _startable(session: Session, learner_id: UUID, attempt_id: UUID, *, if_match: int | None) -> Attempt:
    """A draft that may start, or what has started."""
    attempt = lock_own(session, learner_id, attempt_id)
    _refuse_unless_startable(attempt, if_match=if_match)
    if attempt.state == State.DRAFT and attempt.kind == AssessmentKind.INTERVIEW:
        _check_consent(session, learner_id)
    return attempt


def _refuse_unless_startable(attempt: Attempt, *, if_match: int | None) -> None:
    """Raises `StaleVersion`, `ContentPreparing`, `AttemptState`; never for what has started."""
    if attempt.state == State.IN_PROGRESS:
        return
    expect_version(attempt, if_match)
    if attempt.state == State.PREPARING:
        raise ContentPreparing()
    if attempt.state != State.DRAFT or attempt.content is None:
        raise AttemptState("This attempt was started and ended already; open a new one.")


def _check_consent(session: Session, learner_id: UUID) -> None:
    if not identity.has_consented(session, learner_id, RECORDING_CONSENT):
        raise ConsentRequired(
            "An interview is recorded. Give your consent to `recording` first: POST /v1/identity/consents.",
            purpose=RECORDING_CONSENT,
        )


def _freeze(attempt: Attempt) -> None:
    now = clock.now()
    attempt.content_hash = content_hash(attempt.content or {}, attempt.answer_key, attempt.rubric)
    attempt.state, attempt.started_at = State.IN_PROGRESS, now
    if attempt.submission_kind == "answers" and attempt.time_limit_seconds:
        attempt.deadline_at = now + timedelta(seconds=attempt.time_limit_seconds)

"""Fetching what is graded: a repository at one commit, a text, or what was said in a recording.

Each way ends in one row of `submitted_works`, written once; grading reads nothing else, so that whatever happens to a
repository or a transcript afterwards changes no grade.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from assessment.models.attempts import Attempt
from assessment.repository import grading as repository
from assessment.rules import reading
from assessment.rules.evidence import Part
from assessment.rules.grading import criteria_of
from assessment.rules.recordings import Fault, recording_fault
from assessment.schemas.grading_steps import Fetched, GradingStep, VideoStep
from assessment.service.grading_steps import holding, refuse
from lodestar import clock
from lodestar.adapters.code_hosting import (
    RepositoryEmpty,
    RepositoryNotFound,
    RepositoryRef,
    RepositoryTooLarge,
    Snapshot,
    code_host,
)
from lodestar.contracts import media

PATIENCE = timedelta(minutes=15)
"""How long an execution waits for a recording to be probed and transcribed."""

READY = Fetched(status="ready")
NOTHING = Fault(
    "nothing_to_grade",
    "There is nothing in it that can be graded. Check what you handed in, then hand in again.",
)
REFUSALS = {
    RepositoryNotFound: "repository_not_found",
    RepositoryEmpty: "repository_empty",
    RepositoryTooLarge: "repository_too_large",
}


def fetch_text(step: GradingStep) -> Fetched:
    """Keep the text that was handed in."""
    with holding(step) as (session, attempt):
        text = str((attempt.submission or {}).get("text", ""))
        return _keep(session, attempt, [Part(None, text)], origin="text")


def fetch_repository(step: GradingStep) -> Fetched:
    """Pin the newest commit, once and for all, and keep what the rubric needs of it.

    Raises `RateLimited` and `CodeHostingUnavailable`, which the machine repeats.
    """
    with holding(step) as (session, attempt):
        if repository.work_of(session, attempt.id) is not None:
            return READY
        submission = dict(attempt.submission or {})
        words = " ".join(criterion.words for criterion in criteria_of(attempt.rubric))
    ref = RepositoryRef(owner=submission["owner"], name=submission["name"])
    try:
        sha = submission.get("commit_sha") or _pinned(step, ref)
        snapshot = code_host().fetch(ref, sha=sha)
    except tuple(REFUSALS) as error:
        with holding(step) as (session, attempt):
            return _refused(session, attempt, Fault(REFUSALS[type(error)], str(error)))
    parts, left_out = _files(snapshot, criteria=words)
    with holding(step) as (session, attempt):
        return _keep(session, attempt, parts, origin=sha, left_out=left_out)


def fetch_video(step: VideoStep) -> Fetched:
    """Keep what was said, once the recording is probed and transcribed; `waiting` until then.

    After `PATIENCE` from `started_at` on, and where no transcript could be made, it is `unreadable`: a person grades.
    """
    with holding(step) as (session, attempt):
        asset_id = UUID((attempt.submission or {})["asset_id"])
        asset, transcript = media.asset(session, asset_id), media.transcript(session, asset_id)
        fault = recording_fault(
            asset, transcript, learner_id=attempt.learner_id, limit=attempt.time_limit_seconds
        )
        if fault is not None:
            return _refused(session, attempt, fault)
        probed = asset is not None and asset.state == "ready"
        if probed and transcript is not None and transcript.state == "ready":
            return _keep(session, attempt, [Part(None, transcript.text)], origin="transcript")
        given_up = transcript is not None and transcript.state == "failed"
        if given_up or clock.now() - step.started_at > PATIENCE:
            return Fetched(status="unreadable")
        return Fetched(status="waiting")


def _pinned(step: GradingStep, ref: RepositoryRef) -> str:
    """The commit that counts from now on. What is pushed later, even before this step's repetition, changes nothing."""
    newest = code_host().resolve(ref).head_sha
    with holding(step) as (session, attempt):
        return repository.pin_commit(session, attempt.id, newest)


def _files(snapshot: Snapshot, *, criteria: str) -> tuple[list[Part], list[tuple[str, str]]]:
    kept, left_out = reading.chosen([Part(f.path, f.text) for f in snapshot.files], criteria=criteria)
    return kept, [*left_out, *((skipped.path, skipped.reason) for skipped in snapshot.skipped)]


def _keep(
    session: Session,
    attempt: Attempt,
    parts: Sequence[Part],
    *,
    origin: str,
    left_out: Sequence[tuple[str, str]] = (),
) -> Fetched:
    if not reading.has_work(parts):
        return _refused(session, attempt, NOTHING)
    rows: list[dict[str, Any]] = [{"location": part.location, "text": _storable(part.text)} for part in parts]
    missing = [{"location": location, "reason": reason} for location, reason in left_out]
    repository.keep_work(session, attempt.id, origin=origin, parts=rows, left_out=missing)
    return READY


def _storable(text: str) -> str:
    """PostgreSQL's text holds no NUL."""
    return text.replace("\0", "")


def _refused(session: Session, attempt: Attempt, fault: Fault) -> Fetched:
    refuse(session, attempt, code=fault.code, detail=fault.detail)
    return Fetched(status="refused")

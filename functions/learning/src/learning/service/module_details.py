"""What was done in each module, kind by kind (JR-12)."""

from collections.abc import Sequence
from uuid import UUID

from learning.rules import texts
from learning.rules.outline import UNFINISHED, Evidence, LessonOutline, ModuleOutline, Outline
from learning.schemas.progress import (
    AttemptDetails,
    AttemptRead,
    CourseDetails,
    LessonProgressRead,
    MasterclassDetails,
    QuizProgress,
    TalkProgress,
    WatchRead,
)
from lodestar.contracts.assessment import AttemptSummary
from lodestar.contracts.learning import ModuleKind

MILLISECONDS = 1000


def details_of(
    module: ModuleOutline, outline: Outline, evidence: Evidence
) -> CourseDetails | MasterclassDetails | AttemptDetails:
    """The details that fit the module's kind."""
    match module.kind:
        case ModuleKind.COURSE:
            return _course(module, outline, evidence)
        case ModuleKind.MASTERCLASS:
            return _masterclasses(outline, evidence)
        case ModuleKind.ASSESSMENT | ModuleKind.PROJECT | ModuleKind.INTERVIEW as kind:
            attempts = evidence.attempts_at(module.module_id)
            return AttemptDetails(
                kind=kind,
                attempts=[AttemptRead.model_validate(attempt) for attempt in attempts],
                best_score=best_score(attempts),
                open_attempt_id=open_attempt(attempts),
            )


def best_score(attempts: Sequence[AttemptSummary]) -> float | None:
    """The highest score so far."""
    return max((a.score for a in attempts if a.score is not None), default=None)


def open_attempt(attempts: Sequence[AttemptSummary]) -> UUID | None:
    """The newest attempt that the learner may go on with."""
    return next((a.attempt_id for a in attempts if a.state in UNFINISHED), None)


def watched(asset_id: UUID | None, evidence: Evidence) -> WatchRead | None:
    """How far the learner is with a video; None before they began."""
    playback = evidence.playbacks.get(asset_id) if asset_id else None
    if playback is None:
        return None
    return WatchRead(
        position_seconds=playback.position_ms / MILLISECONDS,
        watched_seconds=playback.covered_ms / MILLISECONDS,
        duration_seconds=playback.duration_ms / MILLISECONDS,
        percentage=int(1000 * playback.covered_ms / playback.duration_ms) / 10,
        completed_at=playback.completed_at,
    )


def _course(module: ModuleOutline, outline: Outline, evidence: Evidence) -> CourseDetails:
    lessons = outline.lessons_of(module.module_id)
    required = [lesson for lesson in lessons if lesson.required]
    completed = sum(lesson.completed_at is not None for lesson in required)
    return CourseDetails(
        completed_lessons=completed,
        required_lessons=len(required),
        text=texts.of(completed, len(required)),
        lessons=[_lesson(lesson, module, evidence) for lesson in lessons],
    )


def _lesson(lesson: LessonOutline, module: ModuleOutline, evidence: Evidence) -> LessonProgressRead:
    attempts = evidence.quiz_attempts(lesson.lesson_id)
    quiz = QuizProgress(
        attempts=len(attempts),
        best_score=best_score(attempts),
        passed=any(attempt.passed for attempt in attempts),
        open_attempt_id=open_attempt(attempts),
    )
    return LessonProgressRead(
        lesson_id=lesson.lesson_id,
        title=lesson.title,
        required=lesson.required,
        video=watched(lesson.asset_id, evidence),
        quiz=quiz if module.has_quizzes else None,
        completed_at=lesson.completed_at,
    )


def _masterclasses(outline: Outline, evidence: Evidence) -> MasterclassDetails:
    required = outline.stage_of(ModuleKind.MASTERCLASS).required_count or 1
    completed = sum(talk.completed_at is not None for talk in outline.talks)
    return MasterclassDetails(
        completed=completed,
        required=required,
        text=texts.of(completed, required),
        masterclasses=[
            TalkProgress(
                masterclass_id=talk.masterclass_id,
                title=talk.title,
                speaker=talk.speaker,
                video=watched(talk.asset_id, evidence),
                completed_at=talk.completed_at,
            )
            for talk in outline.talks
        ],
    )

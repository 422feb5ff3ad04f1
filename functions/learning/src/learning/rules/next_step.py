"""What to do next, and where the learner left off. Pure."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from learning.rules import texts
from learning.rules.outline import (
    UNFINISHED,
    Evidence,
    LessonOutline,
    ModuleOutline,
    Outline,
    StageOutline,
)
from lodestar.contracts.learning import ModuleKind

WAITING = frozenset({"submitted", "grading", "needs_review"})
BEGIN = {ModuleKind.PROJECT: "begin_project", ModuleKind.INTERVIEW: "begin_interview"}


@dataclass(frozen=True, slots=True)
class Step:
    """The one thing to do next, in the words of the API."""

    action: str
    module_id: UUID | None
    target_id: UUID | None
    text: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where the learner left off."""

    kind: str
    module_id: UUID | None
    text: str
    lesson_id: UUID | None = None
    masterclass_id: UUID | None = None
    asset_id: UUID | None = None
    attempt_id: UUID | None = None
    position_ms: int | None = None


def next_step(outline: Outline, evidence: Evidence, *, stars: int, status: str) -> Step:
    """The first thing that is missing for the next star."""
    if status == "withdrawn":
        return Step("none", None, None, texts.WITHDRAWN)
    stage = next((s for s in outline.stages if s.star == stars + 1), None)
    if stage is None:
        return Step("none", None, None, texts.DONE)
    left = [module for module in outline.modules_of(stage.kind) if module.completed_at is None]
    if not left:
        return Step("wait", None, None, texts.of(stars, len(outline.stages)))
    module = left[0]
    match stage.kind:
        case ModuleKind.COURSE:
            return _in_course(module, outline, evidence)
        case ModuleKind.MASTERCLASS:
            return _masterclass(module, outline, stage)
        case ModuleKind.ASSESSMENT | ModuleKind.PROJECT | ModuleKind.INTERVIEW:
            return _attempt(module, evidence, left=len(left))


def _in_course(module: ModuleOutline, outline: Outline, evidence: Evidence) -> Step:
    lesson = next(
        lesson
        for lesson in outline.lessons_of(module.module_id)
        if lesson.required and not lesson.completed_at
    )
    covered = evidence.watched_at(lesson.asset_id) if lesson.asset_id else lesson.read_at
    if covered and module.has_quizzes:
        return Step("take_quiz", module.module_id, lesson.lesson_id, texts.take_quiz(lesson.title))
    return _lesson(module, lesson)


def _lesson(module: ModuleOutline, lesson: LessonOutline) -> Step:
    began = lesson.last_opened_at is not None
    words = texts.continue_lesson(lesson.title) if began else texts.open_lesson(lesson.title)
    return Step("open_lesson", module.module_id, lesson.lesson_id, words)


def _masterclass(module: ModuleOutline, outline: Outline, stage: StageOutline) -> Step:
    required = stage.required_count or 1
    completed = sum(talk.completed_at is not None for talk in outline.talks)
    talk = next((t for t in outline.talks if t.offered and t.completed_at is None), None)
    if talk is None:
        return Step("wait", module.module_id, None, texts.await_masterclasses(completed, required))
    words = texts.watch_masterclass(talk.title, completed=completed, required=required)
    return Step("watch_masterclass", module.module_id, talk.masterclass_id, words)


def _attempt(module: ModuleOutline, evidence: Evidence, *, left: int) -> Step:
    newest = next(iter(evidence.attempts_at(module.module_id)), None)
    if newest and newest.state in UNFINISHED:
        words = texts.go_on(module.kind, module.title)
        return Step("continue_attempt", module.module_id, newest.attempt_id, words)
    if newest and newest.state in WAITING:
        return Step("wait", module.module_id, newest.attempt_id, texts.wait(module.kind, module.title))
    if module.kind is ModuleKind.ASSESSMENT:
        words = texts.take_assessment(module.title, left=left)
        return Step("take_assessment", module.module_id, module.module_id, words)
    return Step(
        BEGIN[module.kind], module.module_id, module.module_id, texts.begin(module.kind, module.title)
    )


def position(outline: Outline, evidence: Evidence) -> Position | None:
    """The open attempt, lesson or masterclass that the learner touched last; None when nothing is open."""
    candidates: list[tuple[datetime, Position]] = []
    modules = {module.module_id: module for module in outline.modules}
    for attempt in evidence.attempts:
        module = modules.get(attempt.module_id) if attempt.module_id else None
        if attempt.state in UNFINISHED and module:
            words = texts.go_on(module.kind, module.title)
            place = Position(
                "attempt", module.module_id, words, lesson_id=attempt.lesson_id, attempt_id=attempt.attempt_id
            )
            candidates.append((attempt.created_at, place))
    for lesson in outline.lessons:
        if lesson.last_opened_at and lesson.completed_at is None:
            playback = evidence.playbacks.get(lesson.asset_id) if lesson.asset_id else None
            place = Position(
                "lesson", lesson.module_id, texts.continue_lesson(lesson.title), lesson_id=lesson.lesson_id,
                asset_id=lesson.asset_id, position_ms=playback.position_ms if playback else None,
            )  # fmt: skip
            candidates.append((lesson.last_opened_at, place))
    newest = max(candidates, key=lambda candidate: candidate[0], default=None)
    return newest[1] if newest else _unfinished_talk(outline, evidence)


def _unfinished_talk(outline: Outline, evidence: Evidence) -> Position | None:
    module = next(iter(outline.modules_of(ModuleKind.MASTERCLASS)), None)
    for talk in outline.talks:
        playback = evidence.playbacks.get(talk.asset_id) if talk.asset_id else None
        if module and playback and talk.offered and talk.completed_at is None:
            return Position(
                "masterclass", module.module_id, texts.continue_masterclass(talk.title),
                masterclass_id=talk.masterclass_id, asset_id=talk.asset_id, position_ms=playback.position_ms,
            )  # fmt: skip
    return None

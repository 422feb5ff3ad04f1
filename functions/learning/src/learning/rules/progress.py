"""What counts as done, and what proves a star. Pure: the outline and the evidence in, facts out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from learning.rules import tiers
from learning.rules.outline import (
    GRADED,
    Evidence,
    LessonOutline,
    ModuleOutline,
    Outline,
    StageOutline,
    TalkOutline,
    ended_at,
)
from lodestar.contracts.assessment import AttemptSummary
from lodestar.contracts.learning import ModuleKind


@dataclass(frozen=True, slots=True)
class Proof:
    """That a star is earned. `latest_at` is the time of its newest piece; `mean_score` is the assessments'."""

    evidence: dict[str, Any]
    latest_at: datetime
    mean_score: float | None = None


def lesson_done_at(lesson: LessonOutline, module: ModuleOutline, evidence: Evidence) -> datetime | None:
    """When the lesson was covered (or read) and its quiz passed where one is enabled; None until both."""
    if lesson.completed_at:
        return lesson.completed_at
    covered_at = evidence.watched_at(lesson.asset_id) if lesson.asset_id else lesson.read_at
    if covered_at is None or not module.has_quizzes:
        return covered_at
    passed = [ended_at(a) for a in evidence.quiz_attempts(lesson.lesson_id) if a.state in GRADED and a.passed]
    return max(covered_at, min(passed)) if passed else None


def talk_done_at(talk: TalkOutline, evidence: Evidence) -> datetime | None:
    """When the masterclass was watched to 95 percent; one that is no longer offered counts if it was before."""
    return talk.completed_at or (evidence.watched_at(talk.asset_id) if talk.offered else None)


def talks_done(outline: Outline, evidence: Evidence) -> dict[UUID, datetime]:
    """The distinct masterclasses that are done (JR-31)."""
    return {t.masterclass_id: at for t in outline.talks if (at := talk_done_at(t, evidence))}


def module_done_at(module: ModuleOutline, outline: Outline, evidence: Evidence) -> datetime | None:
    """When the module's last piece came; None while one is missing."""
    match module.kind:
        case ModuleKind.ASSESSMENT:
            return max((ended_at(a) for a in _graded(module, evidence)), default=None)
        case ModuleKind.PROJECT | ModuleKind.INTERVIEW:
            return max((ended_at(a) for a in _graded(module, evidence) if a.passed), default=None)
        case ModuleKind.COURSE:
            required = [lesson for lesson in outline.lessons_of(module.module_id) if lesson.required]
            return _latest([lesson_done_at(lesson, module, evidence) for lesson in required])
        case ModuleKind.MASTERCLASS:
            needed = outline.stage_of(module.kind).required_count or 1
            done = sorted(talks_done(outline, evidence).values())
            return done[-1] if len(done) >= needed else None


def proof_of(stage: StageOutline, outline: Outline, evidence: Evidence) -> Proof | None:
    """What proves the stage's star; None while it is not earned."""
    modules = outline.modules_of(stage.kind)
    done = {m.module_id: at for m in modules if (at := module_done_at(m, outline, evidence))}
    match stage.kind:
        case ModuleKind.ASSESSMENT:
            return _assessed(stage, modules, done, evidence)
        case ModuleKind.MASTERCLASS:
            watched = talks_done(outline, evidence)
            enough = len(watched) >= (stage.required_count or 1)
            return _proof("masterclasses", watched) if enough else None
        case ModuleKind.COURSE:
            return _proof("modules", done) if modules and len(done) == len(modules) else None
        case ModuleKind.PROJECT | ModuleKind.INTERVIEW:
            return _proof("modules", done) if len(done) >= (stage.required_count or 1) else None


def earned_by(
    stage: StageOutline, outline: Outline, evidence: Evidence, *, since: datetime | None
) -> Proof | None:
    """What proves the stage's star by evidence newer than `since`, from which on an override asks for more (X-47)."""
    proof = proof_of(stage, outline, evidence)
    return proof if proof and (since is None or proof.latest_at > since) else None


def stars_earned(outline: Outline, evidence: Evidence, *, stars: int, since: datetime | None) -> int:
    """How many stars there are once all that follows from `stars` is awarded."""
    for stage in outline.stages:
        if stage.star == stars + 1 and earned_by(stage, outline, evidence, since=since):
            stars = stage.star
    return stars


def _assessed(
    stage: StageOutline, modules: list[ModuleOutline], done: dict[UUID, datetime], evidence: Evidence
) -> Proof | None:
    if len(done) < (stage.required_count or 1):
        return None
    attempts = [_graded(module, evidence)[0] for module in modules if module.module_id in done]
    scores = {str(a.attempt_id): a.score for a in attempts if a.score is not None}
    mean = tiers.mean(list(scores.values()))
    return Proof({"scores": scores, "mean": mean}, max(done.values()), mean)


def _graded(module: ModuleOutline, evidence: Evidence) -> list[AttemptSummary]:
    attempts = evidence.attempts_at(module.module_id)
    return [a for a in attempts if a.state in GRADED and a.score is not None]


def _proof(what: str, done: dict[UUID, datetime]) -> Proof:
    pieces = {str(key): at.isoformat() for key, at in sorted(done.items(), key=lambda item: item[1])}
    return Proof({what: pieces}, max(done.values()))


def _latest(times: list[datetime | None]) -> datetime | None:
    known = [at for at in times if at]
    return max(known) if known and len(known) == len(times) else None

"""Stages: what earns each star, and what a draft lacks before it may be published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lodestar.contracts.learning import ModuleKind

ASSESSMENTS = 5
MASTERCLASSES = 5


@dataclass(frozen=True, slots=True)
class StagePlan:
    """A stage to be. `required_count` is None for courses: every required lesson of every course."""

    star: int
    kind: ModuleKind
    required_count: int | None
    title: str
    description: str = ""
    earned_text: str = ""


DEFAULTS: Mapping[str, tuple[StagePlan, ...]] = {
    "job_readiness": (
        StagePlan(1, ModuleKind.ASSESSMENT, ASSESSMENTS, "Find out where you stand"),
        StagePlan(2, ModuleKind.COURSE, None, "Learn what work asks for"),
        StagePlan(3, ModuleKind.MASTERCLASS, MASTERCLASSES, "Hear it from people who do it"),
        StagePlan(4, ModuleKind.PROJECT, 1, "Show your work"),
        StagePlan(5, ModuleKind.INTERVIEW, 1, "Speak for yourself"),
    ),
    "study": (StagePlan(1, ModuleKind.COURSE, None, "Learn"),),
}
"""What earns each star unless staff say otherwise (JR-07, JR-18), by program type."""

PROMOTION_AFTER_STARS = (2, 3, 4)
"""X-02."""


def fault_in(stages: Sequence[StagePlan], *, program_type: str) -> str | None:
    """What is wrong with these stages, for a person; None when they fit the program's type."""
    if [stage.star for stage in stages] != list(range(1, len(stages) + 1)):
        return "Stars count from 1, without gaps."
    kinds = [stage.kind for stage in stages]
    allowed = {stage.kind for stage in DEFAULTS[program_type]}
    if len(set(kinds)) != len(kinds) or set(kinds) != allowed:
        return f"A {program_type} program has one stage for each of: {', '.join(sorted(allowed))}."
    if ModuleKind.ASSESSMENT in kinds and kinds[0] is not ModuleKind.ASSESSMENT:
        return "The assessments come first: they set the tier of everything after them."
    for stage in stages:
        if (stage.kind is ModuleKind.COURSE) != (stage.required_count is None):
            return "Courses need every required lesson and take no count; every other stage needs a count."
    return None


@dataclass(frozen=True, slots=True)
class DraftCounts:
    """What a draft holds: modules by kind, and those courses and lessons that could never be completed."""

    modules: Mapping[ModuleKind, int]
    courses_without_lessons: Sequence[str] = ()
    lessons_without_content: Sequence[str] = ()
    masterclasses_required: Sequence[int] = ()


def missing_from(stages: Sequence[StagePlan], counts: DraftCounts) -> list[str]:
    """What a learner would miss if the draft were published as it is, for a person; empty when nothing."""
    missing = [
        fault for stage in stages if (fault := _missing_modules(stage, counts.modules.get(stage.kind, 0)))
    ]
    missing += [f"The course {title} has no required lesson." for title in counts.courses_without_lessons]
    missing += [
        f"The lesson {title} has neither a video nor a text." for title in counts.lessons_without_content
    ]
    required = {stage.required_count for stage in stages if stage.kind is ModuleKind.MASTERCLASS}
    if any(count not in required for count in counts.masterclasses_required):
        missing.append("The masterclass module and its stage require different numbers of masterclasses.")
    return missing


def _missing_modules(stage: StagePlan, count: int) -> str | None:
    if stage.kind is ModuleKind.ASSESSMENT and count != stage.required_count:
        return f"Star {stage.star} needs exactly {stage.required_count} assessments; there are {count}."
    if stage.kind in {ModuleKind.PROJECT, ModuleKind.INTERVIEW} and count < (stage.required_count or 1):
        return (
            f"Star {stage.star} needs {stage.required_count} modules of kind {stage.kind}; there are {count}."
        )
    if count == 0:
        return f"Star {stage.star} has no module of kind {stage.kind}."
    return None

"""What staff should know before they publish a draft, although it could be published. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from learning.rules.stages import StagePlan
from learning.rules.texts import KIND_LABELS, TIER_LABELS
from lodestar.contracts.learning import ModuleKind, Tier

ASKED_OF_A_BACKGROUND = (ModuleKind.PROJECT, ModuleKind.INTERVIEW)


@dataclass(frozen=True, slots=True)
class DraftLesson:
    """A lesson; `ready` is false while its video is not."""

    lesson_id: UUID
    title: str
    required: bool
    ready: bool


@dataclass(frozen=True, slots=True)
class DraftModule:
    """A module; `assessed`: an active assessment asks something in it."""

    module_id: UUID
    kind: ModuleKind
    title: str
    description: str
    assessed: bool
    quizzes: bool
    lessons: Sequence[DraftLesson]


@dataclass(frozen=True, slots=True)
class DraftContent:
    """What a draft leans on. `profiles`: of each background by its title, the kind and tier that it has content for."""

    modules: Sequence[DraftModule]
    talks: int
    profiles: Mapping[str, Sequence[tuple[str, str]]]


def warnings(stages: Sequence[StagePlan], content: DraftContent) -> list[str]:
    """In the order of the stages."""
    found: list[str] = []
    for stage in stages:
        modules = [module for module in content.modules if module.kind is stage.kind]
        if stage.kind is ModuleKind.MASTERCLASS and content.talks < (stage.required_count or 1):
            found.append(
                f"Star {stage.star} asks for {stage.required_count} masterclasses; {content.talks} can be watched."
            )
        if not stage.description:
            found.append(f"Star {stage.star} has no description.")
        for module in modules:
            found += _of_module(module)
        if modules and stage.kind in ASKED_OF_A_BACKGROUND:
            found += _of_profiles(stage.kind, content.profiles)
    return found


def _of_module(module: DraftModule) -> Iterator[str]:
    if module.kind is ModuleKind.COURSE:
        if not module.lessons:
            yield f"The course {module.title} has no lessons."
        if module.quizzes and not module.assessed:
            yield f"The course {module.title} ends lessons with a quiz, but no quiz is set up for it."
        for lesson in module.lessons:
            if not lesson.ready:
                yield f"The video of the lesson {lesson.title} is not ready to be watched."
    elif module.kind is not ModuleKind.MASTERCLASS and not module.assessed:
        yield f"Nobody can begin the {KIND_LABELS[module.kind].lower()} {module.title}: no assessment is set up for it."


def _of_profiles(kind: ModuleKind, profiles: Mapping[str, Sequence[tuple[str, str]]]) -> Iterator[str]:
    if not profiles:
        yield f"There is no background to choose, of which the {KIND_LABELS[kind].lower()} could be made."
    for title, present in profiles.items():
        lacking = [TIER_LABELS[tier] for tier in Tier if (kind.value, tier.value) not in present]
        if lacking:
            label = KIND_LABELS[kind].lower()
            yield f"The background {title} has no profile for the {label} at {', '.join(lacking)}."

"""The entries of the seed content: one pydantic model for each kind of thing that a YAML file describes.

Each refuses unknown fields, and what it checks of itself needs no other file.
"""

import string
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Tier = Literal["bronze", "silver", "gold"]
QuestionType = Literal["behavioral", "technical", "situational"]
MIN_TRANSCRIPT_WORDS = 400
REQUIRED_ITEMS = 2
WHOLE_PERCENT = 100

Text = Annotated[str, Field(min_length=1)]
Percent = Annotated[int, Field(ge=0, le=100)]

TIERS: tuple[Tier, ...] = ("bronze", "silver", "gold")
QUESTION_TYPES: tuple[QuestionType, ...] = ("behavioral", "technical", "situational")


def unique(what: str, values: Iterable[str]) -> None:
    """Raise ValueError when `values` holds one twice; the message begins with `what`."""
    repeated = sorted(value for value, count in Counter(values).items() if count > 1)
    if repeated:
        raise ValueError(f"{what} repeated: {repeated}")


def _placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def _transcript(text: str) -> str:
    if len(text.split()) < MIN_TRANSCRIPT_WORDS:
        raise ValueError(
            f"a transcript has at least {MIN_TRANSCRIPT_WORDS} words, this one {len(text.split())}"
        )
    return text


def _zone(name: str) -> str:
    ZoneInfo(name)
    return name


Transcript = Annotated[str, AfterValidator(_transcript)]


class Entry(BaseModel):
    """Unknown fields are refused: a misspelt one would be lost silently."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Member(Entry):
    name: Text
    email: Annotated[str, Field(pattern=r"^[a-z.]+@example\.org$")]
    role: Literal["org_admin", "org_staff", "instructor", "analyst", "support_agent", "learner"]
    background: Text | None = None


class Organization(Entry):
    key: Text
    name: Text
    type: Literal["institution"]
    timezone: Annotated[str, AfterValidator(_zone)]
    owner: bool
    members: tuple[Member, ...]


class TierRange(Entry):
    tier: Tier
    lower_bound: Percent
    colour: Annotated[str, Field(pattern=r"^#[0-9A-F]{6}$")]
    text: Text


class PromotionExam(Entry):
    enabled: bool
    question_count: Annotated[int, Field(ge=1)]
    passing_score: Percent
    time_limit_minutes: Annotated[int, Field(ge=1)]
    promotion_after_stars: tuple[Annotated[int, Field(ge=2, le=4)], ...]
    title: Text
    description: Text


class Module(Entry):
    """`content` is the path, below the content folder, of the file or folder that fills the module."""

    key: Text
    title: Text
    description: Text
    content: Text
    configuration: dict[str, bool | int | str] = {}


class Stage(Entry):
    key: Text
    order: int
    kind: Literal["assessments", "courses", "masterclasses", "projects", "interview"]
    title: Text
    description: Text
    criteria: dict[str, bool | int]
    earned_text: Text
    modules: tuple[Module, ...]


class Program(Entry):
    key: Text
    type: Literal["job_readiness"]
    title: Text
    description: Text
    tier_ranges: tuple[TierRange, ...]
    promotion_exam: PromotionExam
    stages: tuple[Stage, ...]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if [(r.tier, r.lower_bound) for r in self.tier_ranges] != [
            ("bronze", 0),
            ("silver", 60),
            ("gold", 80),
        ]:
            raise ValueError("tier ranges begin at 0, 60 and 80 (D-01)")
        if [stage.order for stage in self.stages] != [1, 2, 3, 4, 5]:
            raise ValueError("a program has five stages, in order (JR-07)")
        unique("module key", (module.key for stage in self.stages for module in stage.modules))
        return self


class Item(Entry):
    """A single-choice item; `answer` is the index of the only right option."""

    key: Text
    difficulty: Literal["easy", "medium", "hard"]
    stem: Text
    options: Annotated[tuple[Text, ...], Field(min_length=4, max_length=4)]
    answer: Annotated[int, Field(ge=0, le=3)]
    explanation: Text

    @model_validator(mode="after")
    def _one_right_answer(self) -> Self:
        unique(f"option of {self.key}", (" ".join(option.casefold().split()) for option in self.options))
        return self


class LessonItem(Item):
    """`quote` stands verbatim in the transcript; `required` items enter every quiz, the others are fallback."""

    quote: Text
    required: bool = False


class Assessment(Entry):
    key: Text
    title: Text
    description: Text
    items: Annotated[tuple[Item, ...], Field(min_length=10, max_length=10)]


class Lesson(Entry):
    key: Text
    title: Text
    summary: Text
    estimated_minutes: Annotated[int, Field(ge=1)]
    transcript: Transcript
    items: Annotated[tuple[LessonItem, ...], Field(min_length=10, max_length=10)]

    @model_validator(mode="after")
    def _grounded(self) -> Self:
        missing = [item.key for item in self.items if item.quote not in self.transcript]
        if missing:
            raise ValueError(f"not verbatim in the transcript of {self.key}: the quotes of {missing}")
        if sum(item.required for item in self.items) != REQUIRED_ITEMS:
            raise ValueError(f"{self.key} marks exactly {REQUIRED_ITEMS} items as required")
        return self


class Course(Entry):
    key: Text
    title: Text
    description: Text
    lessons: Annotated[tuple[Lesson, ...], Field(min_length=3, max_length=3)]
    generic_quiz: Annotated[tuple[Item, ...], Field(min_length=10, max_length=10)]


class Masterclass(Entry):
    key: Text
    order: int
    title: Text
    speaker: Text
    description: Text
    transcript: Transcript


class ExamBank(Entry):
    target_tier: Literal["silver", "gold"]
    items: Annotated[tuple[Item, ...], Field(min_length=30, max_length=30)]


class Background(Entry):
    key: Text
    title: Text
    submission_kind: Literal["repository", "text"]
    project_types: Annotated[tuple[Text, ...], Field(min_length=1, max_length=2)]
    description: Text


class Criterion(Entry):
    """`evidence` says what earns points; `weight` is in percent of the whole."""

    key: Text
    title: Text
    description: Text
    weight: Annotated[int, Field(ge=1, le=100)]
    evidence: Text
    keywords: Annotated[tuple[Text, ...], Field(min_length=1)]


class InterviewCriterion(Criterion):
    """`communication` is what is expected of the wording; never of accent, face or emotion (JR-44)."""

    communication: Text


def _weighed(criteria: Iterable[Criterion]) -> None:
    criteria = tuple(criteria)
    unique("criterion", (criterion.key for criterion in criteria))
    total = sum(criterion.weight for criterion in criteria)
    if total != WHOLE_PERCENT:
        raise ValueError(f"weights sum to {WHOLE_PERCENT}, these to {total}")


class Project(Entry):
    title: Text
    scenario: Text
    deliverables: Annotated[tuple[Text, ...], Field(min_length=1)]
    requirements: Annotated[tuple[Text, ...], Field(min_length=1)]
    steps: Annotated[tuple[Text, ...], Field(min_length=1)]


class ProjectProfile(Entry):
    system_prompt: Text
    input_prompt: Text
    description_template: Text
    rubric: Annotated[tuple[Criterion, ...], Field(min_length=4, max_length=5)]
    project: Project

    @model_validator(mode="after")
    def _complete(self) -> Self:
        _weighed(self.rubric)
        if _placeholders(self.input_prompt) != {"background", "tier"}:
            raise ValueError("input_prompt names {background} and {tier}")
        if _placeholders(self.description_template) != {"title"}:
            raise ValueError("description_template names {title}")
        return self


class ProjectProfiles(Entry):
    background: Text
    project_type: Text
    tiers: dict[Tier, ProjectProfile]


class TypePrompts(Entry):
    system_prompt: Text
    input_prompt: Text

    @model_validator(mode="after")
    def _variables(self) -> Self:
        if _placeholders(self.input_prompt) != {"count", "background", "tier"}:
            raise ValueError("input_prompt names {count}, {background} and {tier}")
        return self


class InterviewQuestion(Entry):
    key: Text
    type: QuestionType
    text: Text
    looks_for: Text


class InterviewProfile(Entry):
    focus_area: Text
    prompts: dict[QuestionType, TypePrompts]
    criteria: Annotated[tuple[InterviewCriterion, ...], Field(min_length=4, max_length=4)]
    questions: Annotated[tuple[InterviewQuestion, ...], Field(min_length=8, max_length=8)]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        _weighed(self.criteria)
        if set(self.prompts) != set(QUESTION_TYPES) or {q.type for q in self.questions} != set(
            QUESTION_TYPES
        ):
            raise ValueError("prompts and questions cover every question type")
        return self


class InterviewProfiles(Entry):
    """`shared_criteria` are those that every tier repeats by a YAML anchor."""

    background: Text
    shared_criteria: tuple[InterviewCriterion, ...]
    tiers: dict[Tier, InterviewProfile]


class Prompt(Entry):
    """A prompt template; `variables` are exactly the {names} in `system` and `template`."""

    purpose: Literal[
        "quiz", "exam", "project", "interview_questions", "grade_text", "grade_repository", "grade_interview"
    ]
    strategy: Literal["direct", "evidence-first"]
    variables: tuple[Text, ...]
    system: Text
    template: Text

    @model_validator(mode="after")
    def _variables(self) -> Self:
        if _placeholders(self.system) | _placeholders(self.template) != set(self.variables):
            raise ValueError(f"{self.purpose}/{self.strategy}: variables differ from those in the texts")
        return self

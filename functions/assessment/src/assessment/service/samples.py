"""A draft as if it were saved, and an attempt at it as if a learner had opened one.

What is made from them is made by the code that makes learners' content: the draft is written in the database, read by
that code, and taken back before anybody else sees it.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from assessment.models.assessments import Assessment, TierTemplate
from assessment.models.attempts import Attempt
from assessment.models.backgrounds import Background
from assessment.models.prompts import PromptTemplate
from assessment.models.rubrics import Rubric
from assessment.repository import assessments as assessments_repository
from assessment.repository import generation as repository
from assessment.rules.evidence import Part
from assessment.rules.prompts import Prompt
from assessment.schemas.assessments import DEFAULTS
from assessment.schemas.backgrounds import ProfileWrite
from assessment.schemas.previews import AssessmentPreviewCreate, PromptPreviewCreate
from assessment.schemas.prompt_templates import PromptPurpose, PromptTemplateCreate
from assessment.service import assessments, backgrounds, content, item_plans, openings, prompt_templates
from assessment.service.task_settling import frozen
from lodestar.contracts import learning
from lodestar.contracts.assessment import AssessmentKind
from lodestar.contracts.learning import Tier
from lodestar.principal import NOBODY
from lodestar.problems import InvalidContent

HANDED_IN: dict[str, str] = {
    PromptPurpose.GRADE_TEXT: "text",
    PromptPurpose.GRADE_REPOSITORY: "repository",
    PromptPurpose.GRADE_INTERVIEW: "video",
}
EXAM_STAR = 2
"""The first star at which an exam may be taken; its questions are the same at each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a sample is to be made of."""

    preview_id: UUID
    org_id: UUID
    subject_type: str
    subject_id: UUID
    draft: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """An attempt that nobody takes, with what its content is made of. With `prompt`, only that one is asked with;
    with `grading`, a grade of `parts` is the sample, and not content."""

    attempt: Attempt
    assessment: Assessment | None = None
    lesson_ids: Sequence[UUID] = ()
    course_words: str = ""
    prompt: PromptTemplate | None = None
    prompt_version: str | None = None
    parts: Sequence[Part] = ()
    grading: Prompt | None = None


@contextmanager
def never_saved(session: Session) -> Iterator[None]:
    """What is written within is there for whoever reads within, and nowhere else. What was read stays readable."""
    nested = session.begin_nested()
    try:
        yield
    finally:
        session.expunge_all()
        if nested.is_active:
            nested.rollback()


def applied(session: Session, order: Order) -> Sample:
    """The draft, written, and an attempt at it. Only within `never_saved`. Raises the problems of saving it."""
    return APPLYING[order.subject_type](session, order)


def _of_assessment(session: Session, order: Order) -> Sample:
    body = AssessmentPreviewCreate.model_validate(order.draft)
    row = content.get(session, Assessment, order.subject_id)
    if body.assessment is not None:
        row = assessments.change_assessment(session, row.id, body.assessment, if_match=None)
    if body.tier_template is not None:
        assessments.put_tier_template(session, row.id, body.tier, body.tier_template, if_match=None)
    return _opened(
        session, order, row, tier=body.tier, lesson_ids=body.lesson_ids, background_id=body.background_id
    )


def _of_profile(session: Session, order: Order) -> Sample:
    draft = dict(order.draft)
    body = ProfileWrite.model_validate(draft.pop("profile"))
    kind, type_, tier = draft["kind"], draft["type"], draft["tier"]
    backgrounds.put_profile(session, order.subject_id, body, kind=kind, type_=type_, tier=tier, if_match=None)
    background = content.get(session, Background, order.subject_id)
    attempt = _of_background(order, AssessmentKind(kind), background, tier=tier)
    types = [profile.type for profile in repository.profiles(session, attempt)]
    attempt.number = types.index(type_) + 1 if type_ in types else 1
    return Sample(attempt=attempt)


def _of_prompt(session: Session, order: Order) -> Sample:
    body = PromptPreviewCreate.model_validate(order.draft)
    template = content.get(session, PromptTemplate, order.subject_id)
    draft, is_new = _as_revision(session, template, body)
    version = f"{draft.purpose}/{draft.strategy}@draft" if is_new else draft.name
    if template.purpose in HANDED_IN:
        rubric = content.get(session, Rubric, _needed(body.rubric_id, "rubric_id"))
        words = Prompt(version, draft.system_prompt, draft.input_prompt)
        return _to_be_graded(order, template.purpose, body, rubric=rubric, words=words)
    named: dict[str, Any] = {"prompt": draft, "prompt_version": version}
    if template.purpose in (PromptPurpose.QUIZ, PromptPurpose.EXAM):
        row = content.get(session, Assessment, _needed(body.assessment_id, "assessment_id"))
        exam = template.purpose == PromptPurpose.EXAM
        if row.kind != (AssessmentKind.PROMOTION_EXAM if exam else AssessmentKind.QUIZ):
            raise InvalidContent(f"This prompt is not for an assessment of the kind {row.kind}.")
        return _opened(session, order, row, tier=body.tier, lesson_ids=body.lesson_ids, **named)
    kind = AssessmentKind.PROJECT if template.purpose == PromptPurpose.PROJECT else AssessmentKind.INTERVIEW
    background = content.get(session, Background, _needed(body.background_id, "background_id"))
    return Sample(attempt=_of_background(order, kind, background, tier=body.tier), **named)


def _as_revision(
    session: Session, template: PromptTemplate, body: PromptPreviewCreate
) -> tuple[PromptTemplate, bool]:
    """The words as the revision in use, and whether they are new."""
    words = (body.system_prompt or template.system_prompt, body.input_prompt or template.input_prompt)
    create = PromptTemplateCreate(
        purpose=PromptPurpose(template.purpose),
        strategy=template.strategy,
        system_prompt=words[0],
        input_prompt=words[1],
    )
    made, is_new = prompt_templates.create(session, create)
    return made, is_new and words != (template.system_prompt, template.input_prompt)


def _needed(given: UUID | None, name: str) -> UUID:
    if given is None:
        raise InvalidContent(f"A sample of this needs {name}.")
    return given


def _opened(
    session: Session,
    order: Order,
    row: Assessment,
    *,
    tier: Tier,
    lesson_ids: Sequence[UUID],
    background_id: UUID | None = None,
    **named: Any,
) -> Sample:
    """An attempt with the limits that one opened at this tier would pin (JR-20)."""
    kind = AssessmentKind(row.kind)
    is_exam = kind is AssessmentKind.PROMOTION_EXAM
    configuration = learning.module_configuration(session, row.module_id) if row.module_id else {}
    place = openings.Place(
        program_id=row.program_id or row.id,
        tier=tier,
        configuration=configuration,
        background_id=background_id,
        star=EXAM_STAR if is_exam else None,
        target_tier=tier if is_exam else None,
    )
    template = assessments_repository.tier_template(session, row.id, tier)
    tiers: dict[str, TierTemplate] = {tier: template} if template else {}
    pinned = openings.pinned_limits(row, tiers, place)
    attempt = Attempt(
        **_nobodys(order, tier),
        program_id=place.program_id,
        assessment_id=row.id,
        kind=kind,
        module_id=row.module_id,
        lesson_id=lesson_ids[0] if kind is AssessmentKind.QUIZ and lesson_ids else None,
        background_id=background_id,
        title=row.title,
        star=place.star,
        target_tier=place.target_tier,
        submission_kind=openings.submission_kind(session, kind, place),
        question_count=pinned.question_count,
        passing_score=pinned.passing_score,
        time_limit_seconds=pinned.time_limit_seconds,
    )
    return Sample(
        attempt=attempt,
        assessment=row,
        lesson_ids=lesson_ids,
        course_words=item_plans.words_of(configuration),
        **named,
    )


def _of_background(order: Order, kind: AssessmentKind, background: Background, *, tier: str) -> Attempt:
    """An attempt at a project or an interview with the usual limits; the profile's replace them."""
    usual = DEFAULTS[kind]
    return Attempt(
        **_nobodys(order, tier),
        program_id=order.preview_id,
        assessment_id=order.preview_id,
        kind=kind,
        background_id=background.id,
        title=background.title,
        submission_kind=background.submission_kind if kind is AssessmentKind.PROJECT else "video",
        question_count=usual.get("question_count"),
        passing_score=usual["passing_score"],
        time_limit_seconds=usual.get("time_limit_seconds"),
    )


def _to_be_graded(
    order: Order, purpose: str, body: PromptPreviewCreate, *, rubric: Rubric, words: Prompt
) -> Sample:
    if body.work is None:
        raise InvalidContent("A sample of a prompt that grades needs `work`: what it is to grade.")
    kind = AssessmentKind.INTERVIEW if purpose == PromptPurpose.GRADE_INTERVIEW else AssessmentKind.PROJECT
    attempt = Attempt(
        **_nobodys(order, body.tier),
        program_id=order.preview_id,
        assessment_id=order.preview_id,
        kind=kind,
        title=rubric.title,
        submission_kind=HANDED_IN[purpose],
        passing_score=DEFAULTS[kind]["passing_score"],
        content={"brief": body.task} if body.task else {},
        rubric=frozen(rubric),
    )
    location = "work.md" if HANDED_IN[purpose] == "repository" else None
    return Sample(attempt=attempt, parts=[Part(location, body.work)], grading=words)


def _nobodys(order: Order, tier: str) -> dict[str, Any]:
    return {
        "id": order.preview_id,
        "org_id": order.org_id,
        "learner_id": NOBODY,
        "enrollment_id": order.preview_id,
        "number": 1,
        "generation": 0,
        "tier_used": tier,
        "state": "preparing",
        "provenance": {},
        "draft": {},
    }


APPLYING = {
    "assessment": _of_assessment,
    "background_profile": _of_profile,
    "prompt_template": _of_prompt,
}

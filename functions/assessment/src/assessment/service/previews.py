"""Samples as staff ask for them and read them (JR-23, JR-34, JR-40)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from assessment.models.assessments import Assessment
from assessment.models.backgrounds import Background
from assessment.models.items import ItemBank
from assessment.models.previews import Preview
from assessment.models.prompts import PromptTemplate
from assessment.models.rubrics import Rubric
from assessment.repository import previews as repository
from assessment.rules import previews as rules
from assessment.schemas.backgrounds import ProfileWrite
from assessment.schemas.previews import AssessmentPreviewCreate, PromptPreviewCreate
from assessment.service.assessments import check_settings
from lodestar import clock, limits, operations
from lodestar.contracts import learning
from lodestar.contracts.assessment import AssessmentKind, PreviewRequested
from lodestar.db import VersionedRow
from lodestar.events import emit
from lodestar.ids import new_id
from lodestar.principal import Principal
from lodestar.problems import InvalidContent, NotFound

NAMED_ELSEWHERE = "Something that the draft names is not your organization's."


def of_assessment(
    session: Session, caller: Principal, assessment_id: UUID, body: AssessmentPreviewCreate
) -> Preview:
    """Raises `NotFound`, `InvalidContent`, `RateLimited`."""
    patch, template = body.assessment, body.tier_template
    refers_to: dict[type[VersionedRow], set[UUID | None]] = {
        ItemBank: {patch.bank_id if patch else None, template.bank_id if template else None},
        Rubric: {patch.rubric_id if patch else None},
        PromptTemplate: {template.prompt_template_id if template else None},
        Background: {body.background_id},
    }
    assessment = _subject(session, Assessment, assessment_id, refers_to)
    if patch is not None:
        check_settings(assessment, patch)
    _check_place(assessment.kind, body)
    _check_lessons(session, body.lesson_ids)
    return _begin(
        session, caller, "assessment", assessment_id, body.model_dump(mode="json", exclude_unset=True)
    )


def of_profile(
    session: Session,
    caller: Principal,
    background_id: UUID,
    body: ProfileWrite,
    *,
    kind: str,
    type_: str,
    tier: str,
) -> Preview:
    """Raises `NotFound`, `RateLimited`."""
    _subject(session, Background, background_id, {Rubric: {body.rubric_id}})
    draft = {"kind": kind, "type": type_, "tier": tier, "profile": body.model_dump(mode="json")}
    return _begin(session, caller, "background_profile", background_id, draft)


def of_prompt(session: Session, caller: Principal, template_id: UUID, body: PromptPreviewCreate) -> Preview:
    """Raises `NotFound`, `InvalidContent`, `RateLimited`."""
    refers_to: dict[type[VersionedRow], set[UUID | None]] = {
        Assessment: {body.assessment_id},
        Background: {body.background_id},
        Rubric: {body.rubric_id},
    }
    template = _subject(session, PromptTemplate, template_id, refers_to)
    _check_ground(template.purpose, body)
    _check_lessons(session, body.lesson_ids)
    return _begin(
        session, caller, "prompt_template", template_id, body.model_dump(mode="json", exclude_unset=True)
    )


def read(
    session: Session,
    subject_type: str,
    subject_id: UUID,
    preview_id: UUID,
    *,
    place: Mapping[str, str] | None = None,
) -> Preview:
    """The sample, until its day is over. Raises `NotFound`."""
    preview = repository.find(session, subject_type, subject_id, preview_id, at=clock.now())
    if preview is None or not (place or {}).items() <= preview.draft.items():
        raise NotFound()
    return preview


def _subject(
    session: Session,
    model: type[repository.Row],
    row_id: UUID,
    refers_to: Mapping[type[VersionedRow], set[UUID | None]],
) -> repository.Row:
    found = repository.known(session, model, row_id, refers_to=refers_to)
    if found is None:
        raise NotFound()
    row, all_known = found
    if not all_known:
        raise NotFound(NAMED_ELSEWHERE)
    return row


def _check_place(kind: str, body: AssessmentPreviewCreate) -> None:
    if kind == AssessmentKind.QUIZ and len(body.lesson_ids) != 1:
        raise InvalidContent("A quiz is about one lesson: name it in `lesson_ids`.")
    if kind in (AssessmentKind.PROJECT, AssessmentKind.INTERVIEW) and body.background_id is None:
        raise InvalidContent(f"What a {kind} asks is made for a background: name one in `background_id`.")


GROUND = {
    "quiz": ("assessment_id", "lesson_ids"),
    "exam": ("assessment_id", "lesson_ids"),
    "project": ("background_id",),
    "interview_questions": ("background_id",),
    "grade_text": ("rubric_id", "work"),
    "grade_repository": ("rubric_id", "work"),
    "grade_interview": ("rubric_id", "work"),
}
"""What a sample of a prompt of each purpose is made of."""


def _check_ground(purpose: str, body: PromptPreviewCreate) -> None:
    missing = [name for name in GROUND[purpose] if not getattr(body, name)]
    if missing:
        raise InvalidContent(f"A sample of a prompt of purpose {purpose} needs {' and '.join(missing)}.")


def _check_lessons(session: Session, lesson_ids: list[UUID]) -> None:
    if lesson_ids and learning.written_lessons(session, lesson_ids) < set(lesson_ids):
        raise NotFound(NAMED_ELSEWHERE)


def _begin(
    session: Session, caller: Principal, subject_type: str, subject_id: UUID, draft: dict[str, Any]
) -> Preview:
    """A sample that is on its way: the one that the caller has open already, or a new one."""
    preview_id, operation_id, digest = new_id(), new_id(), rules.digest(draft)
    made = repository.add(
        session,
        {
            "id": preview_id,
            "requested_by": caller.user_id,
            "subject_type": subject_type,
            "subject_id": subject_id,
            "draft": draft,
            "digest": digest,
            "operation_id": operation_id,
            "expires_at": clock.now() + rules.KEPT,
        },
    )
    if made is None:
        found = repository.open_one(
            session, requested_by=caller.user_id, subject_id=subject_id, digest=digest
        )
        return found or _begin(session, caller, subject_type, subject_id, draft)
    limits.spend(session, "previews", caller.user_id, capacity=rules.PREVIEWS_AN_HOUR, per_seconds=3600)
    operations.begin(
        session, "preview", subject_type="preview", subject_id=preview_id, operation_id=operation_id
    )
    emit(session, PreviewRequested(preview_id=preview_id))
    return made

"""What a mapping of items gives a lesson's learners, before it is saved (JR-23). No model is asked."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from sqlalchemy.orm import Session

from assessment.models.assessments import Assessment
from assessment.repository import banks
from assessment.repository import lesson_items as repository
from assessment.rules import previews as rules
from assessment.rules import selection
from assessment.rules.items import Candidate
from assessment.rules.wording import SOURCES
from assessment.schemas.assessments import DEFAULTS
from assessment.schemas.items import LessonItemsWrite
from assessment.schemas.previews import LearnersQuestionRead, LearnersQuizRead, LessonItemsPreviewRead
from assessment.service.supplies import candidate_of
from lodestar.contracts import learning
from lodestar.contracts.assessment import AssessmentKind
from lodestar.problems import NotFound


def preview(session: Session, lesson_id: UUID, body: LessonItemsWrite) -> LessonItemsPreviewRead:
    """The quiz while a model serves, and when none does. Raises `NotFound` for a lesson or an item not theirs."""
    lesson = learning.lesson(session, lesson_id)
    if lesson is None or not learning.has_written(session, "lesson", lesson_id):
        raise NotFound()
    items = repository.own_items(session, [entry.item_id for entry in body.items])
    if len(items) < len(body.items):
        raise NotFound("One of the items is not in your organization's banks.")
    linked: dict[str, list[Candidate]] = {"required": [], "fallback": []}
    for entry in body.items:
        if items[entry.item_id].active:
            linked[entry.role].append(candidate_of(items[entry.item_id]))
    quiz = repository.quiz_of(session, lesson.module_id)
    generic = [
        candidate_of(item, source="generic")
        for item in banks.active_items(session, quiz.bank_id if quiz else None)
    ]
    supply = selection.Supply(required=linked["required"], fallback=linked["fallback"], generic=generic)
    inactive = sum(not item.active for item in items.values())
    return _told(lesson_id, supply, wanted=_wanted(quiz), inactive=inactive)


def _wanted(quiz: Assessment | None) -> int:
    usual = DEFAULTS[AssessmentKind.QUIZ]["question_count"]
    return (quiz.question_count if quiz else None) or usual


def _told(lesson_id: UUID, supply: selection.Supply, *, wanted: int, inactive: int) -> LessonItemsPreviewRead:
    seed = str(lesson_id)
    required = selection.select(
        selection.Supply(required=supply.required), count=wanted, asked_before=(), seed=seed
    )
    chosen = selection.select(supply, count=wanted, asked_before=(), seed=seed)
    enough = selection.is_enough(AssessmentKind.QUIZ, got=len(chosen), wanted=wanted)
    warned = rules.lesson_warnings(
        required=len(required), inactive=inactive, got=len(chosen), wanted=wanted, enough=enough
    )
    return LessonItemsPreviewRead.model_validate(
        {
            "lesson_id": lesson_id,
            "with_model": _quiz(required, by_model=max(0, wanted - len(required))),
            "without_model": _quiz(chosen, by_model=0) if enough else None,
            "warnings": [asdict(entry) for entry in warned],
        }
    )


def _quiz(chosen: Sequence[Candidate], *, by_model: int) -> LearnersQuizRead:
    content, _key = selection.as_content(chosen)
    return LearnersQuizRead(
        questions=[
            LearnersQuestionRead(**question, source_label=SOURCES[question["source"]])
            for question in content["questions"]
        ],
        by_model=by_model,
        question_count=len(chosen) + by_model,
    )

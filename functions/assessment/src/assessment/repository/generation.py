"""What generation reads: prompts, profiles, fallbacks, and what the learner was taught."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from assessment.models.assessments import Assessment, TierTemplate
from assessment.models.attempts import Attempt
from assessment.models.backgrounds import Background, BackgroundProfile, FallbackContent
from assessment.models.prompts import PromptTemplate
from assessment.models.rubrics import Rubric
from assessment.rules.states import SCORED, State
from assessment.schemas.generation import GenerationStep
from lodestar.contracts.assessment import AssessmentKind

MOST_LESSONS = 12


def preparing(session: Session, step: GenerationStep) -> Attempt | None:
    """The attempt, held, as long as it still waits for this generation and this execution holds it."""
    return session.scalar(
        select(Attempt)
        .where(
            Attempt.id == step.attempt_id,
            Attempt.state == State.PREPARING,
            Attempt.generation == step.generation,
            Attempt.claimed_by == step.execution,
        )
        .options(undefer(Attempt.answer_key))
        .with_for_update()
    )


def assessment_of(session: Session, attempt: Attempt) -> Assessment:
    """What is attempted; its organization is the content's owner."""
    return session.scalars(select(Assessment).where(Assessment.id == attempt.assessment_id)).one()


def tier_template(session: Session, attempt: Attempt) -> TierTemplate | None:
    """The template of the tier aimed at, else of the tier in use."""
    tier = attempt.target_tier or attempt.tier_used
    return session.scalar(
        select(TierTemplate).where(
            TierTemplate.assessment_id == attempt.assessment_id, TierTemplate.tier == tier
        )
    )


def prompts(session: Session, owner_id: UUID, purpose: str) -> Sequence[PromptTemplate]:
    """The owner's prompts in use for the purpose, in the order of their strategies' names."""
    return session.scalars(
        select(PromptTemplate)
        .where(PromptTemplate.org_id == owner_id, PromptTemplate.purpose == purpose, PromptTemplate.active)
        .order_by(PromptTemplate.strategy)
        .limit(5)
    ).all()


def prompt(session: Session, template_id: UUID) -> PromptTemplate | None:
    """One prompt."""
    return session.scalar(select(PromptTemplate).where(PromptTemplate.id == template_id))


def background(session: Session, background_id: UUID | None) -> Background | None:
    """The learner's background."""
    return session.scalar(select(Background).where(Background.id == background_id))


def profiles(session: Session, attempt: Attempt) -> Sequence[BackgroundProfile]:
    """What the attempt's background is asked at its tier, by type."""
    return session.scalars(
        select(BackgroundProfile)
        .where(
            BackgroundProfile.background_id == attempt.background_id,
            BackgroundProfile.kind == attempt.kind,
            BackgroundProfile.tier == attempt.tier_used,
        )
        .order_by(BackgroundProfile.type)
        .limit(20)
    ).all()


def fallbacks(session: Session, attempt: Attempt, *, kind: str) -> Sequence[FallbackContent]:
    """What people wrote for the attempt's background and tier, oldest first."""
    return session.scalars(
        select(FallbackContent)
        .where(
            FallbackContent.background_id == attempt.background_id,
            FallbackContent.kind == kind,
            FallbackContent.tier == attempt.tier_used,
            FallbackContent.active,
        )
        .order_by(FallbackContent.id)
        .limit(50)
    ).all()


def rubric(session: Session, rubric_id: UUID | None) -> Rubric | None:
    """One rubric."""
    return session.scalar(select(Rubric).where(Rubric.id == rubric_id))


def quizzed_lessons(session: Session, attempt: Attempt) -> Sequence[UUID]:
    """The lessons whose quizzes the enrollment has taken: what an exam may ask about; at most 12."""
    statement = (
        select(Attempt.lesson_id)
        .where(
            Attempt.enrollment_id == attempt.enrollment_id,
            Attempt.kind == AssessmentKind.QUIZ,
            Attempt.state.in_(SCORED),
            Attempt.lesson_id.is_not(None),
        )
        .distinct()
        .order_by(Attempt.lesson_id)
        .limit(MOST_LESSONS)
    )
    return [lesson_id for lesson_id in session.scalars(statement) if lesson_id is not None]

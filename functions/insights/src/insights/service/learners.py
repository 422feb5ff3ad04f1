"""Learners' progress, put together for staff."""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from insights.models.enrolled import Enrolled
from insights.repository import learners as repository
from insights.rules import progress, texts
from insights.schemas.learners import (
    BackgroundRef,
    CohortRef,
    LearnerDetail,
    LearnerFilters,
    LearnerRead,
    LearnerSort,
    ProgramRef,
    ProgramStanding,
    StarEarned,
    TierRef,
)
from lodestar.contracts.learning import Tier
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.problems import NotFound

SORTED_BY: dict[str, tuple[Any, ...]] = {
    "enrolled_at": (Enrolled.enrollment_id,),
    "last_active_at": (Enrolled.progressed_at, Enrolled.enrollment_id),
    "stars": (Enrolled.stars, Enrolled.enrollment_id),
}
"""An enrollment's id grows with the time at which it was made."""


def list_learners(
    session: Session, page: PageQuery, *, filters: LearnerFilters, sort: LearnerSort
) -> Page[LearnerRead]:
    """The organization's learners, each on a program."""
    order: Literal["asc", "desc"] = "desc" if sort.startswith("-") else "asc"
    keys = SORTED_BY[sort.removeprefix("-")]
    found = paginate(session, repository.matching(filters), page, keys=keys, order=order)
    return Page(read_all(session, found.data), found.page)


def read(session: Session, learner_id: UUID) -> LearnerDetail:
    """Raises `NotFound` for whoever is on no program of the organization."""
    enrolled = repository.of_learner(session, learner_id)
    if not enrolled:
        raise NotFound()
    ids = [row.enrollment_id for row in enrolled]
    queries = {
        "stages": repository.STAGES,
        "modules": repository.MODULES,
        "tier_changes": repository.TIERS,
        "attempts": repository.ATTEMPTS,
    }
    parts = {name: repository.parts(session, query, ids) for name, query in queries.items()}
    for change in (one for of_one in parts["tier_changes"].values() for one in of_one):
        old = Tier(change["old"]) if change["old"] else None
        change["text"] = texts.tier_change(old, Tier(change["new"]), change["cause"])
    programs = [
        ProgramStanding.model_validate(
            {**one.model_dump(), **{name: found[one.enrollment_id] for name, found in parts.items()}}
        )
        for one in read_all(session, enrolled)
    ]
    first = programs[0]
    return LearnerDetail(
        learner_id=learner_id, display_name=first.display_name, email=first.email, programs=programs
    )


def read_all(session: Session, enrolled: Sequence[Enrolled]) -> list[LearnerRead]:
    """In one statement, however many."""
    known = repository.facts(session, [row.enrollment_id for row in enrolled]) if enrolled else {}
    return [_read(row, known[row.enrollment_id]) for row in enrolled]


def _read(row: Enrolled, fact: Any) -> LearnerRead:
    copied = ("enrollment_id", "status", "stars", "enrolled_at", "completed_at")
    told = (
        "display_name", "email", "possible_stars", "modules_total", "modules_completed", "best_project_score",
        "best_interview_score", "promotion_exams_taken", "promotion_exams_passed", "quizzes_passed",
        "waiting_for_review",
    )  # fmt: skip
    tier = Tier(row.tier) if row.tier else None
    percent = progress.percent(fact.modules_completed, fact.modules_total)
    background = row.background_id and BackgroundRef(id=row.background_id, title=fact.background_title)
    cohort = CohortRef(id=row.cohort_id, title=fact.cohort_title) if row.cohort_id else None
    earned = zip(fact.earned_stars, fact.earned_at, strict=True)
    return LearnerRead(
        **{name: getattr(row, name) for name in copied},
        **{name: getattr(fact, name) for name in told},
        learner_id=row.user_id,
        program=ProgramRef(id=row.program_id, title=fact.program_title, version=fact.program_version),
        status_text=texts.STATUS_TEXTS[row.status],
        stars_text=texts.stars(row.stars, fact.possible_stars),
        stars_earned=[StarEarned(star=star, earned_at=at) for star, at in earned],
        tier=TierRef(tier=tier, label=texts.TIER_LABELS[tier]) if tier else None,
        background=background or None,
        cohort=cohort,
        modules_text=texts.modules(fact.modules_completed, fact.modules_total),
        progress_percent=percent,
        progress_text=texts.progress(percent),
        last_active_at=row.progressed_at,
    )

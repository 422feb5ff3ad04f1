"""The learner's way across all programs, and the nudges that are due."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from learning.repository import journey as repository
from learning.rules import nudges as rules
from learning.rules import texts
from learning.rules.nudges import Nudge, Standing
from learning.schemas.journey import JourneyProgram, JourneyRead, Milestone, NudgeRead, NudgesRead
from learning.service.progress import tier_read
from lodestar import clock
from lodestar.contracts.learning import Tier
from lodestar.principal import Principal
from lodestar.problems import NotFound

STARS = {"job_readiness": 5, "study": 1}


def read(session: Session, principal: Principal) -> JourneyRead:
    """The caller's programs and milestones."""
    rows = repository.own(session, principal)
    titles = {enrollment.id: program.title for enrollment, program, _ in rows}
    return JourneyRead(
        programs=[
            JourneyProgram(
                enrollment_id=enrollment.id,
                title=program.title,
                status=enrollment.status,
                stars=enrollment.stars,
                stars_text=texts.stars(enrollment.stars, STARS[program.type]),
                tier=tier_read(enrollment.tier, version.tier_ranges),
            )
            for enrollment, program, version in rows
        ],
        milestones=[
            Milestone(
                kind=row.kind,
                enrollment_id=row.enrollment_id,
                at=row.at,
                text=_milestone(row, titles[row.enrollment_id]),
            )
            for row in repository.milestones(session, list(titles))
        ],
    )


def _milestone(row: Any, title: str) -> str:
    match row.kind:
        case "star":
            return texts.star_earned(row.star, title)
        case "tier":
            return texts.tier_reached(Tier(row.tier), title)
        case "completed":
            return texts.completed(title)
        case _:
            return texts.enrolled(title)


def nudges(session: Session, principal: Principal) -> NudgesRead:
    """What is due to the caller and was not dismissed."""
    put_away = repository.dismissed(session, principal)
    due = [nudge for nudge in _due(session, principal) if nudge.id not in put_away]
    return NudgesRead(data=[NudgeRead.model_validate(nudge) for nudge in due])


def dismiss(session: Session, principal: Principal, nudge_id: UUID) -> NudgeRead:
    """Put away a nudge that is due. Raises `NotFound`."""
    nudge = next((nudge for nudge in _due(session, principal) if nudge.id == nudge_id), None)
    if nudge is None:
        raise NotFound()
    repository.dismiss(
        session,
        id=nudge.id,
        learner_id=principal.user_id,
        enrollment_id=nudge.enrollment_id,
        kind=nudge.kind,
    )
    return NudgeRead.model_validate(nudge)


def _due(session: Session, principal: Principal) -> list[Nudge]:
    rows = repository.own(session, principal)
    offers = repository.offers(session, [enrollment.id for enrollment, _, _ in rows])
    found = []
    for enrollment, program, _ in rows:
        target = offers.get(enrollment.id)
        standing = Standing(
            enrollment_id=enrollment.id,
            title=program.title,
            status=enrollment.status,
            stars=enrollment.stars,
            created_at=enrollment.created_at,
            progressed_at=enrollment.progressed_at,
            target_tier=Tier(target) if target else None,
        )
        found += rules.due(standing, now=clock.now())
    return found

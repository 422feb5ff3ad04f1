"""Which hints are due to a learner. Pure: the time comes in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from learning.rules import texts
from lodestar.contracts.learning import Tier

INACTIVE_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Standing:
    """What nudges look at. `target_tier` is the promotion on offer, if any."""

    enrollment_id: UUID
    title: str
    status: str
    stars: int
    created_at: datetime
    progressed_at: datetime
    target_tier: Tier | None


@dataclass(frozen=True, slots=True)
class Nudge:
    """A hint; its id is the same each time it is computed for the same occasion."""

    id: UUID
    enrollment_id: UUID
    kind: str
    text: str


def due(standing: Standing, *, now: datetime) -> list[Nudge]:
    """The hints for one enrollment."""
    found = []
    idle = now - standing.progressed_at
    if standing.status == "active" and standing.stars == 0 and standing.progressed_at == standing.created_at:
        found.append(_nudge(standing, "welcome", "start", texts.welcome(standing.title)))
    elif standing.status == "active" and idle >= INACTIVE_AFTER:
        words = texts.inactive(idle.days, standing.title)
        found.append(_nudge(standing, "inactive", standing.progressed_at.isoformat(), words))
    if standing.target_tier:
        words = texts.promotion(standing.target_tier, star=standing.stars)
        found.append(_nudge(standing, "promotion", str(standing.stars), words))
    return found


def _nudge(standing: Standing, kind: str, occasion: str, words: str) -> Nudge:
    return Nudge(uuid5(standing.enrollment_id, f"{kind}:{occasion}"), standing.enrollment_id, kind, words)

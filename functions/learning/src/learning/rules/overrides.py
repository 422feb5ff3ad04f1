"""What an override does to a learner, before it is done. Pure: the standing before and after in, words out (X-47)."""

from collections.abc import Collection
from dataclasses import dataclass

from learning.rules import texts, tiers
from learning.rules.outline import ModuleOutline, Outline
from lodestar.contracts.learning import Tier


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a learner stands. `used_stars`: those whose promotion exam was taken or skipped."""

    star: int
    tier: Tier | None
    status: str
    was_completed: bool
    used_stars: frozenset[int]


@dataclass(frozen=True, slots=True)
class Promotion:
    """After which stars the version offers an exam."""

    enabled: bool
    after_stars: Collection[int]


@dataclass(frozen=True, slots=True)
class Change:
    """What was asked for (`given`), and the star that follows from it once evidence was counted."""

    given: int
    star: int
    tier: Tier | None
    issue_credentials: bool


def modules_between(outline: Outline, low: int, high: int) -> list[ModuleOutline]:
    """The modules that are open with `high` stars and not with `low`."""
    stars = {stage.kind: stage.star for stage in outline.stages}
    return [module for module in outline.modules if low < stars[module.kind] - 1 <= high]


def consequences(outline: Outline, promotion: Promotion, before: Standing, change: Change) -> list[str]:
    """Every sentence that staff should have read before they decide."""
    opened = modules_between(outline, before.star, change.star)
    locked = modules_between(outline, change.star, before.star)
    found = [texts.override_warning([m.title for m in opened], [m.title for m in locked])]
    if change.star > change.given:
        found.append(texts.override_earns_more(change.given, change.star))
    if change.star < before.star:
        found.append(texts.override_lowers(before.star, change.star))
    if change.tier and change.tier is not before.tier:
        found.append(texts.override_tier(change.tier))
    found += _of_promotion(promotion, before, change)
    found.append(_of_credentials(outline, before, change))
    return found


def _of_promotion(promotion: Promotion, before: Standing, change: Change) -> list[str]:
    old = _offer(promotion, before, before.star, before.tier)
    new = _offer(promotion, before, change.star, change.tier)
    if (old, before.star) == (new, change.star):
        return []
    gone = [texts.override_withdraws_offer(before.star)] if old else []
    return gone + ([texts.override_offers(new, change.star)] if new else [])


def _offer(promotion: Promotion, before: Standing, star: int, tier: Tier | None) -> Tier | None:
    """The tier of the exam that is open at a star; None when there is none."""
    is_open = promotion.enabled and star in promotion.after_stars and star not in before.used_stars
    return tiers.next_tier(tier) if is_open and tier and before.status != "withdrawn" else None


def _of_credentials(outline: Outline, before: Standing, change: Change) -> str:
    last = len(outline.stages)
    if change.star < before.star:
        return texts.OVERRIDE_REVOKES_NOTHING
    if change.star != last or before.star == last:
        return texts.OVERRIDE_ISSUES_NOTHING
    if before.was_completed:
        return texts.OVERRIDE_COMPLETED_BEFORE
    asked = change.issue_credentials or change.given < last
    return texts.OVERRIDE_ISSUES if asked else texts.OVERRIDE_COMPLETES_WITHOUT

"""Tiers: which one a mean score earns, and which one comes next."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from lodestar.contracts.learning import Tier

ORDER = tuple(Tier)
LOWER_BOUNDS = {Tier.BRONZE: 0, Tier.SILVER: 60, Tier.GOLD: 80}
"""D-01, in percent; a tier reaches from its bound up to the next, so that neither gaps nor overlaps can be."""

COLOURS = {Tier.BRONZE: "#A97142", Tier.SILVER: "#8A939B", Tier.GOLD: "#C99700"}


def mean(scores: Sequence[float]) -> float:
    """The mean of at least one score in percent, to two decimals."""
    total = sum((Decimal(str(score)) for score in scores), Decimal(0))
    return float((total / len(scores)).quantize(Decimal("0.01")))


def tier_for(score: float, lower_bounds: Mapping[Tier, float]) -> Tier:
    """The highest tier whose lower bound `score` (percent) reaches; bounds begin at 0."""
    return max((tier for tier in ORDER if score >= lower_bounds[tier]), key=ORDER.index)


def next_tier(tier: Tier) -> Tier | None:
    """One up; None above Gold."""
    return None if tier is ORDER[-1] else ORDER[ORDER.index(tier) + 1]


def fault_in(lower_bounds: Sequence[tuple[Tier, float]]) -> str | None:
    """What is wrong with these ranges, for a person; None when they fit (JR-17)."""
    fault = fault_at(lower_bounds)
    return fault[1] if fault else None


def fault_at(lower_bounds: Sequence[tuple[Tier, float]]) -> tuple[str, str] | None:
    """The same with where it is, as a path within the ranges."""
    for nth, (tier, _) in enumerate(lower_bounds):
        if tier is not ORDER[nth]:
            return f"{nth}.tier", "Give one lower bound for each of bronze, silver and gold, in this order."
    bounds = [bound for _, bound in lower_bounds]
    if bounds[0] != 0:
        return "0.lower_bound", "Bronze begins at 0, or scores below its bound would have no tier."
    for nth in range(1, len(bounds)):
        if not bounds[nth - 1] < bounds[nth] <= 100:  # noqa: PLR2004 - percent
            return (
                f"{nth}.lower_bound",
                "Each tier begins above the one before, at 100 at most, or their ranges would overlap.",
            )
    return None


def ranges(lower_bounds: Sequence[tuple[Tier, float]]) -> list[tuple[Tier, float, float]]:
    """Each tier from its bound up to the next one's; the last up to 100, which is in it."""
    ends = [bound for _, bound in lower_bounds[1:]] + [100.0]
    return [(tier, bound, end) for (tier, bound), end in zip(lower_bounds, ends, strict=True)]

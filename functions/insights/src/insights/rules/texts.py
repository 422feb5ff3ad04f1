"""Every sentence that staff read of learners' progress: plain English, one function a sentence."""

from lodestar.contracts.learning import Tier

TIER_LABELS = {Tier.BRONZE: "Bronze", Tier.SILVER: "Silver", Tier.GOLD: "Gold"}
STATUS_TEXTS = {"active": "Active", "completed": "Completed", "withdrawn": "Withdrawn"}
CAUSES = {
    "initial": "by the initial assessments",
    "promotion": "by a promotion exam",
    "override": "by a decision of staff",
}


def stars(earned: int, possible: int) -> str:
    """How many stars."""
    return f"{earned} of {possible} stars"


def modules(completed: int, total: int) -> str:
    """How many modules."""
    return f"{completed} of {total} modules"


def progress(percent: int) -> str:
    """How far that is (SB-05)."""
    return f"{percent} % of the program"


def tier_change(old: Tier | None, new: Tier, cause: str) -> str:
    """What changed, and by what."""
    change = f"From {TIER_LABELS[old]} to {TIER_LABELS[new]}" if old else f"{TIER_LABELS[new]}"
    return f"{change} {CAUSES[cause]}"

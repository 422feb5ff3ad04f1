"""Learning's pure rules."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from learning.rules import nudges, stages, texts, tiers
from learning.rules.locks import reason_locked
from lodestar.contracts.learning import ModuleKind, Tier

BOUNDS = {Tier.BRONZE: 0.0, Tier.SILVER: 60.0, Tier.GOLD: 80.0}
START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("score", "tier"),
    [(0, "bronze"), (59.99, "bronze"), (60, "silver"), (79.99, "silver"), (80, "gold"), (100, "gold")],
)
def test_a_tier_reaches_from_its_bound_up_to_the_next(score: float, tier: str) -> None:
    assert tiers.tier_for(score, BOUNDS) == tier


def test_the_mean_is_exact_to_two_decimals() -> None:
    assert tiers.mean([59.9, 60.0, 60.1, 60.0, 59.98]) == 60.0
    assert tiers.mean([100, 0, 0]) == 33.33


def test_gold_has_no_next_tier() -> None:
    assert [tiers.next_tier(tier) for tier in Tier] == [Tier.SILVER, Tier.GOLD, None]


def test_the_usual_stages_fit_and_courses_take_no_count() -> None:
    plans = stages.DEFAULTS["job_readiness"]
    assert stages.fault_in(plans, program_type="job_readiness") is None
    assert stages.fault_in(plans[::-1], program_type="job_readiness")
    counted = (plans[0], stages.StagePlan(2, ModuleKind.COURSE, 3, "x"), *plans[2:])
    assert "no count" in str(stages.fault_in(counted, program_type="job_readiness"))


@pytest.mark.parametrize(("stars", "locked"), [(0, True), (1, False), (5, False)])
def test_a_stage_is_open_from_the_star_before_it(stars: int, locked: bool) -> None:
    assert bool(reason_locked(stars=stars, status="active", star=2)) is locked
    assert reason_locked(stars=stars, status="withdrawn", star=2) == texts.WITHDRAWN


def test_more_than_enough_is_told_as_enough() -> None:
    assert [texts.of(count, 5) for count in (0, 5, 6)] == ["0 of 5", "5 of 5", "5 of 5"]


def test_idleness_is_told_after_seven_days_and_anew_after_each_return() -> None:
    def due(progressed_at: datetime, now: datetime) -> list[nudges.Nudge]:
        standing = nudges.Standing(UUID(int=1), "JR", "active", 1, START, progressed_at, None)
        return nudges.due(standing, now=now)

    assert due(START, START + timedelta(days=6, hours=23)) == []
    (first,) = due(START, START + timedelta(days=7))
    (same,) = due(START, START + timedelta(days=9))
    (later,) = due(START + timedelta(days=9), START + timedelta(days=17))
    assert first.id == same.id != later.id

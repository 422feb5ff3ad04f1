"""How much of a recording counts as played."""

import pytest

from media.rules import coverage
from media.rules.coverage import GRACE_MS, credit


def earn(
    covered: list[tuple[int, int]], reported: list[tuple[int, int]], *, elapsed_ms: int, unspent_ms: int = 0
) -> coverage.Credit:
    return credit(covered, reported, duration_ms=100_000, unspent_ms=unspent_ms, elapsed_ms=elapsed_ms)


def test_the_union_counts_every_moment_once() -> None:
    assert coverage.union([(30, 40), (0, 10), (5, 20), (20, 25), (33, 35)]) == ((0, 25), (30, 40))


def test_what_was_played_before_earns_nothing_again() -> None:
    earned = earn([(0, 50_000)], [(0, 50_000)], elapsed_ms=300_000)
    assert (earned.credited_ms, earned.refused_ms) == (0, 0)


def test_twice_the_speed_is_credited_and_more_is_not() -> None:
    assert earn([], [(0, 20_000)], elapsed_ms=10_000).credited_ms == 20_000
    faster = earn([], [(0, 30_000)], elapsed_ms=10_000)
    assert (faster.credited_ms, faster.refused_ms, faster.segments) == (20_000, 10_000, ((0, 20_000),))


def test_only_what_is_new_is_taken_and_the_first_of_it_first() -> None:
    earned = earn([(10, 20), (40, 50)], [(0, 60)], elapsed_ms=10)
    assert earned.segments == ((0, 30), (40, 50))
    assert (earned.credited_ms, earned.refused_ms) == (20, 20)


def test_the_grace_is_spent_once_however_many_reports_come_at_once() -> None:
    segments: tuple[tuple[int, int], ...] = ()
    unspent, total = GRACE_MS, 0
    for nth in range(50):
        earned = credit(
            segments,
            [(nth * 2_000, nth * 2_000 + 2_000)],
            duration_ms=100_000,
            unspent_ms=unspent,
            elapsed_ms=0,
        )
        segments, unspent, total = earned.segments, earned.unspent_ms, total + earned.credited_ms
    assert total == GRACE_MS


def test_a_long_silence_earns_no_more_than_five_minutes_of_it() -> None:
    day = 24 * 3600 * 1000
    earned = credit([], [(0, day)], duration_ms=day, unspent_ms=0, elapsed_ms=day)
    assert earned.credited_ms == 2 * coverage.LONGEST_PAUSE_MS


def test_a_clock_that_goes_back_earns_nothing() -> None:
    assert earn([], [(0, 1_000)], elapsed_ms=-5_000).credited_ms == 0


def test_time_outside_the_recording_does_not_exist() -> None:
    assert coverage.clipped([(-5, 10), (95, 300), (200, 300)], 100) == ((0, 10), (95, 100))


@pytest.mark.parametrize(("covered", "complete"), [(949, False), (950, True), (1000, True)])
def test_95_percent_is_complete_and_94_9_is_not(covered: int, complete: bool) -> None:
    assert coverage.is_complete(covered_ms=covered, duration_ms=1000) is complete


def test_the_percentage_never_promises_too_much() -> None:
    assert coverage.percent(covered_ms=94_999, duration_ms=100_000) == 94.9

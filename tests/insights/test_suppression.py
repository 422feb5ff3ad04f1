"""What an analyst reads withstands subtraction: by totals, complements, overlaps, between metrics, between months."""

from collections.abc import Sequence
from itertools import pairwise

import pytest

from insights.rules import suppression
from tests.insights.attack import (
    Figures,
    Learner,
    answers,
    determined,
    figures,
    hostile,
    of,
    small_groups,
    twins,
)

SEEDS = range(40)
FEW_WITH_GOLD = [
    *[Learner(tier="silver", stars=1)] * 14, *[Learner(tier="bronze")] * 20, *[Learner(tier="gold", stars=5)] * 3,
]  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_no_group_of_one_to_nine_follows_from_all_that_an_analyst_reads(seed: int) -> None:
    people = hostile(seed)
    assert determined(people, figures(people)) == {}


def test_the_populations_have_small_groups_and_answers() -> None:
    """Else the attack would prove nothing."""
    crowds = [hostile(seed) for seed in SEEDS]
    assert min(len(small_groups(people)) for people in crowds) >= 20
    assert sum(len(figures(people)) for people in crowds) / len(crowds) > 4


def found(seeds: Sequence[int] = SEEDS) -> int:
    """How many groups the attack finds."""
    return sum(len(determined(people, figures(people))) for people in map(hostile, seeds))


def test_without_keeping_back_complements_the_same_attack_succeeds(monkeypatch: pytest.MonkeyPatch) -> None:
    def only_large(parts: dict[str, tuple[int, ...]], _everybody: tuple[int, ...]) -> set[str]:
        return {key for key, counts in parts.items() if suppression.is_safe(*counts)}

    monkeypatch.setattr(suppression, "complement", only_large)
    assert determined(FEW_WITH_GOLD, figures(FEW_WITH_GOLD))["tier gold"] == 3
    assert found() > 10


def test_without_asking_for_the_others_of_a_group_the_same_attack_succeeds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(suppression, "is_safe", lambda *people: people[0] == 0 or people[0] >= 10)
    assert found() > 10


def test_without_settling_stars_from_the_highest_down_the_same_attack_succeeds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stairs = [*[Learner(stars=2)] * 12, *[Learner(stars=1)] * 4, *[Learner()] * 20]
    assert determined(stairs, figures(stairs)) == {}
    monkeypatch.setattr(suppression, "_stars", lambda unit, _: set(unit["star-acquisition"]))
    assert determined(stairs, figures(stairs))["stars 1"] == 4


def windows(people: Sequence[Learner], joined: Sequence[int]) -> Figures:
    """What would be read if an analyst could choose the days of enrolment freely: all that is safe by itself."""
    read: Figures = []
    for last in sorted(set(joined)):
        within = [one for one, day in zip(people, joined, strict=True) if day <= last]
        read += [(count, group) for count, group in figures(within) if group == of()]
    return read


def test_with_windows_to_choose_the_same_subtraction_finds_who_came_on_a_day() -> None:
    people = [Learner()] * 26
    joined = [1] * 12 + [2] * 3 + [3] * 11
    sizes = sorted({count for count, _ in windows(people, joined)})
    assert [later - earlier for earlier, later in pairwise(sizes)] == [3, 11]


@pytest.mark.parametrize("seed", range(12))
def test_for_every_small_group_another_population_gives_the_very_same_answers(seed: int) -> None:
    """Not by equations but by what is read, rules and all: whoever knows them cannot tell the two apart."""
    people = hostile(seed)
    read = answers(people, rounded=True)
    for label, group in small_groups(people).items():
        if not label.startswith("not ") and len(group.attributes) == 1:
            assert any(answers(other, rounded=True) == read for other in twins(people, group)), label


def test_growth_by_three_is_hidden_from_one_month_to_the_next_and_would_be_seen_without_tens() -> None:
    january = [Learner(tier="silver")] * 14 + [Learner(tier="bronze")] * 20
    february = january + [Learner(tier="silver")] * 3
    assert answers(january, rounded=True) == answers(february, rounded=True)
    before, after = answers(january, rounded=False), answers(february, rounded=False)
    silver = ("tier-distribution", "silver")
    assert (before[silver], after[silver]) == ((14, 14), (17, 17))


def one_more_or_fewer(people: Sequence[Learner]) -> list[list[Learner]]:
    """One of the people is twice there, or not at all."""
    fewer = [[*people[:at], *people[at + 1 :]] for at in range(len(people))]
    return [*fewer, *([*people, one] for one in people)]


@pytest.mark.parametrize("seed", range(20))
def test_the_growth_of_a_month_by_one_to_nine_people_is_never_the_only_one_that_explains_what_is_read(
    seed: int,
) -> None:
    """With a person more or fewer in either month, another number has come, and the same is read in both."""
    january = hostile(seed)
    february = january + [Learner(tier="gold", stars=2)] * (1 + seed % 9)
    assert any(
        answers(other, rounded=True) == answers(month, rounded=True)
        for month in (january, february)
        for other in one_more_or_fewer(month)
    )


def test_without_tens_no_other_growth_explains_what_is_read() -> None:
    february = [*[Learner(tier="silver")] * 14, *[Learner(tier="bronze")] * 20]
    read = answers(february, rounded=False)
    assert [other for other in one_more_or_fewer(february) if answers(other, rounded=False) == read] == []


def test_of_a_program_of_fewer_than_ten_nothing_is_told() -> None:
    assert set(answers([Learner(stars=5)] * 9, rounded=True).values()) == {None}
    assert of(tier="gold")(Learner(tier="gold"))

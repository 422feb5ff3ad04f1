"""What analysts may read of one program of one organization, so that no subtraction leaves a group of 1 to 9 people.

Everybody on the program is divided in several ways: by stars, by tier, by each module, and so on. Of each division the
groups that are shown, and what is left over when they are subtracted from everybody, hold nobody or at least ten people.
Where one division runs through another (cohorts through completions, quizzes through the best projects), that holds for
each part. All wider figures are sums of these. Counts are then rounded down to tens, so that neither does a group's
growth from one month to the next tell of fewer than ten (ADR 0014).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from insights.rules.catalogue import MetricName

FEWEST = 10
TOP_BAND = "80"


@dataclass(frozen=True, slots=True)
class Count:
    """A group's people, those of them that the metric counts, and the sum of what is averaged over `counted`."""

    numerator: int
    denominator: int
    amount: Decimal = Decimal(0)
    counted: int = 0

    @property
    def others(self) -> int:
        """The group's people that the metric does not count."""
        return self.denominator - self.numerator


Groups = Mapping[str, Count]
Unit = Mapping[MetricName, Groups]
"""What is known of one program of one organization."""


def is_safe(*people: int) -> bool:
    """Whether each is nobody, or enough."""
    return all(count == 0 or count >= FEWEST for count in people)


def shown(unit: Unit) -> dict[MetricName, set[str]]:
    """The groups that may be shown, by metric."""
    everybody = sum(group.denominator for group in unit.get(MetricName.COMPLETION_RATES, {}).values())
    if everybody < FEWEST:
        return {}
    stars = _stars(unit, everybody)
    completions = _completions(unit, everybody, stars=stars)
    qualities = {
        name: _division(unit, name, everybody)
        for name in (MetricName.PROJECT_QUALITY, MetricName.INTERVIEW_PERFORMANCE)
    }
    separate = (MetricName.MODULE_COMPLETION, MetricName.PROMOTION_EXAMS, MetricName.AI_QUALITY)
    return {
        MetricName.STAR_ACQUISITION: stars,
        MetricName.COMPLETION_RATES: completions,
        MetricName.COHORT_COMPARISON: _cohorts(unit, everybody) if completions else set(),
        MetricName.TIER_DISTRIBUTION: _division(unit, MetricName.TIER_DISTRIBUTION, everybody),
        **qualities,
        **{name: _each_alone(unit, name, everybody) for name in separate},
        MetricName.QUIZ_EFFECTIVENESS: _quizzes(
            unit, everybody, projects=qualities[MetricName.PROJECT_QUALITY]
        ),
        MetricName.PROJECT_RELEVANCE: _projects(unit, everybody),
    }


def complement(parts: Mapping[str, tuple[int, ...]], everybody: tuple[int, ...]) -> set[str]:
    """The parts that may be shown, where `everybody` is known of each column. Of those that are large enough, the
    smallest is kept back too until what is left over is safe in every column."""
    kept = {key: counts for key, counts in parts.items() if is_safe(*counts)}
    while kept:
        left = (total - sum(counts) for total, *counts in zip(everybody, *kept.values(), strict=True))
        if is_safe(*left):
            break
        del kept[min(kept, key=lambda key: (sum(kept[key]) == 0, sum(kept[key]), key))]
    return set(kept)


def rounded(count: Count) -> Count:
    """As it is released: people in tens, rounded down; the average in whole units, of ten people or more."""
    people = _tens(count.denominator)
    mean = round(count.amount / count.counted) if count.counted >= FEWEST else 0
    weight = people if count.counted >= FEWEST else 0
    return Count(_tens(count.numerator), people, Decimal(mean * weight), weight)


def _tens(people: int) -> int:
    return people - people % FEWEST


def _division(unit: Unit, name: MetricName, everybody: int) -> set[str]:
    """Groups of which each person is in one at most."""
    return complement({key: (one.numerator,) for key, one in unit.get(name, {}).items()}, (everybody,))


def _each_alone(unit: Unit, name: MetricName, everybody: int) -> set[str]:
    """Groups that have nothing to do with each other: each divides everybody by itself."""
    return {
        key
        for key, one in unit.get(name, {}).items()
        if is_safe(one.numerator, one.others, everybody - one.denominator)
    }


def _stars(unit: Unit, everybody: int) -> set[str]:
    """Who holds star 3 holds star 2: what may be told of both is settled from the highest star down."""
    groups = unit.get(MetricName.STAR_ACQUISITION, {})
    holders = {key: one.numerator for key, one in groups.items() if one.denominator == everybody}
    found: list[tuple[str, int]] = []
    above = 0
    for key in sorted(holders, reverse=True):
        if is_safe(holders[key] - above) and holders[key] >= above:
            found.append((key, holders[key]))
            above = holders[key]
    while found and not is_safe(everybody - found[-1][1]):
        found.pop()
    return {key for key, _ in found}


def _completions(unit: Unit, everybody: int, *, stars: set[str]) -> set[str]:
    """Who holds every star holds the last one: told only where that is the same people, and told of them."""
    stairs = unit.get(MetricName.STAR_ACQUISITION, {})
    groups = unit[MetricName.COMPLETION_RATES]
    last = max(stairs, default=None)
    done = sum(one.numerator for one in groups.values())
    if last is None:
        return set(groups) if done == 0 else set()
    same = last in stars and stairs[last].denominator == everybody and stairs[last].numerator == done
    return set(groups) if same else set()


def _cohorts(unit: Unit, everybody: int) -> set[str]:
    done = sum(one.numerator for one in unit[MetricName.COMPLETION_RATES].values())
    groups = unit.get(MetricName.COHORT_COMPARISON, {})
    parts = {key: (one.numerator, one.others) for key, one in groups.items()}
    return complement(parts, (done, everybody - done))


def _quizzes(unit: Unit, everybody: int, *, projects: set[str]) -> set[str]:
    best = unit.get(MetricName.PROJECT_QUALITY, {}).get(TOP_BAND)
    if best is not None and TOP_BAND not in projects:
        return set()
    top = best.numerator if best else 0
    groups = unit.get(MetricName.QUIZ_EFFECTIVENESS, {})
    parts = {key: (one.numerator, one.others) for key, one in groups.items() if not key.startswith("_")}
    return complement(parts, (top, everybody - top))


def _projects(unit: Unit, everybody: int) -> set[str]:
    """Who has a grade has handed a project in: those who wait for theirs must not be few."""
    groups = unit.get(MetricName.PROJECT_RELEVANCE, {})
    submitted = sum(one.numerator for one in groups.values())
    graded = sum(one.numerator for one in unit.get(MetricName.PROJECT_QUALITY, {}).values())
    if not is_safe(submitted - graded):
        return set()
    large = {key: (one.denominator,) for key, one in groups.items() if is_safe(one.numerator, one.others)}
    return complement(large, (everybody,))

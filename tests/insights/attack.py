"""An attacker who reads all that an analyst can, and subtracts; and populations that are hard to hide.

`figures` are all counts that the attacker reads of a program, each with the people it counts. `determined` puts them into a linear system whose unknowns are the people of every combination of attributes, and
answers which groups' counts follow from it. The arithmetic is exact: coefficients are 0 and 1 and there are fewer than
40 independent equations, so that every minor is below the prime, and the rank modulo it is the rank over the rationals.
"""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

from insights.rules import suppression
from insights.rules.catalogue import MetricName
from insights.rules.suppression import Count, Unit

PRIME = 2**127 - 1
POSSIBLE = 5
PROGRAM = "program"


@dataclass(frozen=True, slots=True)
class Learner:
    """What metrics know of one person. `project` and `quiz` are bands, or empty."""

    stars: int = 0
    tier: str = "none"
    cohort: str = "2026-01"
    project: str = ""
    quiz: str = ""
    module: bool = False
    exam: str = ""
    source: str = ""


INTAKE = "01990000-0000-7000-8000-00000000c001"
"""The id of a cohort: who is in it is in no month's."""
DOMAINS: Mapping[str, Sequence[object]] = {
    "stars": range(POSSIBLE + 1),
    "tier": ("none", "bronze", "silver", "gold"),
    "cohort": ("2026-01", "2026-02", INTAKE),
    "project": ("", "0", "60", "80"),
    "quiz": ("", "0", "80"),
    "module": (False, True),
    "exam": ("", "failed", "passed"),
    "source": ("", "clean", "corrected"),
}
Is = Callable[[Learner], bool]


def hostile(seed: int) -> list[Learner]:
    """Many tiny groups: most values of each attribute are held by few."""
    rng = random.Random(seed)
    size = rng.choice((11, 19, 23, 40, 75, 140))
    weights = {name: [rng.choice((1, 1, 2, 30)) for _ in values] for name, values in DOMAINS.items()}
    return [
        Learner(**{
            name: rng.choices(list(values), weights[name])[0] for name, values in DOMAINS.items()
        })  # type: ignore[arg-type]
        for _ in range(size)
    ]  # fmt: skip


def unit_of(people: Sequence[Learner]) -> Unit:
    """What the rollups hold of these people."""

    def split(them: Iterable[Learner], key: Callable[[Learner], str], counts: Is) -> dict[str, Count]:
        groups: dict[str, list[Learner]] = {}
        for one in them:
            groups.setdefault(key(one), []).append(one)
        return {name: Count(sum(map(counts, of_it)), len(of_it)) for name, of_it in groups.items()}

    def always(_: Learner) -> bool:
        return True

    def is_done(one: Learner) -> bool:
        return one.stars == POSSIBLE

    graded = [one for one in people if one.project]
    return {
        MetricName.STAR_ACQUISITION: {
            str(star): Count(sum(one.stars >= star for one in people), len(people))
            for star in range(1, POSSIBLE + 1)
        },
        MetricName.COMPLETION_RATES: split(people, lambda _: PROGRAM, is_done),
        MetricName.COHORT_COMPARISON: split(people, lambda one: one.cohort, is_done),
        MetricName.TIER_DISTRIBUTION: split(people, lambda one: one.tier, always),
        MetricName.PROJECT_QUALITY: split(graded, lambda one: one.project, always),
        MetricName.QUIZ_EFFECTIVENESS: split(
            [one for one in people if one.quiz], lambda one: one.quiz, lambda one: one.project == "80"
        ),
        MetricName.MODULE_COMPLETION: split(people, lambda _: "module", lambda one: one.module),
        MetricName.PROMOTION_EXAMS: split(
            [one for one in people if one.exam], lambda _: "silver", lambda one: one.exam == "passed"
        ),
        MetricName.AI_QUALITY: split(
            [one for one in people if one.source], lambda _: "model", lambda one: one.source == "clean"
        ),
        MetricName.PROJECT_RELEVANCE: split(graded, lambda _: "none", always),
    }


@dataclass(frozen=True)
class Group:
    """The people whose attributes have one of the given values; or, `inverted`, all others."""

    where: tuple[tuple[str, frozenset[object]], ...] = ()
    inverted: bool = False

    def __call__(self, one: Learner) -> bool:
        return self.inverted != all(getattr(one, name) in values for name, values in self.where)

    @property
    def attributes(self) -> frozenset[str]:
        """What the condition speaks of."""
        return frozenset(name for name, _ in self.where)

    def both(self, other: "Group") -> "Group":
        """The people in both."""
        return Group(self.where + other.where)


def of(**where: object) -> Group:
    """`of(tier="gold")`, `of(stars=range(3, 6))`."""
    return Group(tuple(
        (name, frozenset(value if isinstance(value, range | tuple) else (value,))) for name, value in where.items()
    ))  # fmt: skip


TAKEN = {"exam": ("failed", "passed"), "source": ("clean", "corrected"), "project": ("0", "60", "80")}
READ: Mapping[MetricName, Callable[[str], tuple[Group, Group]]] = {
    MetricName.STAR_ACQUISITION: lambda key: (of(stars=range(int(key), POSSIBLE + 1)), of()),
    MetricName.COMPLETION_RATES: lambda _: (of(stars=POSSIBLE), of()),
    MetricName.COHORT_COMPARISON: lambda key: (of(cohort=key, stars=POSSIBLE), of(cohort=key)),
    MetricName.TIER_DISTRIBUTION: lambda key: (of(tier=key), of(tier=key)),
    MetricName.PROJECT_QUALITY: lambda key: (of(project=key), of(project=key)),
    MetricName.QUIZ_EFFECTIVENESS: lambda key: (of(quiz=key, project="80"), of(quiz=key)),
    MetricName.MODULE_COMPLETION: lambda _: (of(module=True), of()),
    MetricName.PROMOTION_EXAMS: lambda _: (of(exam="passed"), of(exam=TAKEN["exam"])),
    MetricName.AI_QUALITY: lambda _: (of(source="clean"), of(source=TAKEN["source"])),
    MetricName.PROJECT_RELEVANCE: lambda _: (of(project=TAKEN["project"]), of(project=TAKEN["project"])),
}
"""Whom the numerator and the denominator of a group count."""


def answers(people: Sequence[Learner], *, rounded: bool) -> dict[tuple[str, str], tuple[int, int] | None]:
    """All that the analyst reads of the program, byte for byte: None for what is withheld."""
    unit = unit_of(people)
    kept = suppression.shown(unit)
    found: dict[tuple[str, str], tuple[int, int] | None] = {}
    for name, groups in unit.items():
        for key, count in groups.items():
            told = suppression.rounded(count) if rounded else count
            found[name, key] = (told.numerator, told.denominator) if key in kept.get(name, ()) else None
    return found


Figures = list[tuple[int, Group]]
"""Each figure: the count that is read, and of whom."""


LISTED = {
    MetricName.TIER_DISTRIBUTION: "tier",
    MetricName.COHORT_COMPARISON: "cohort",
    MetricName.PROJECT_QUALITY: "project",
    MetricName.QUIZ_EFFECTIVENESS: "quiz",
}


def figures(people: Sequence[Learner]) -> Figures:
    """The same as counts of people, exact: more than an analyst reads. A group that is not even listed has nobody."""
    found: Figures = []
    unit = unit_of(people)
    for listed, attribute in LISTED.items():
        missing = [value for value in DOMAINS[attribute] if value and value not in unit[listed]]
        found += [(0, of(**{attribute: value})) for value in missing]
    for (name, key), told in answers(people, rounded=False).items():
        if told is not None:
            found += zip(told, READ[MetricName(name)](key), strict=True)
    return found


def small_groups(people: Sequence[Learner]) -> dict[str, Group]:
    """Groups of 1 to 9 people: of one value, of the holders of a star, of two values; and the others of each."""
    singles = {f"{name} {value}": of(**{name: value}) for name, values in DOMAINS.items() for value in values}
    singles |= {f"star {star}": of(stars=range(star, POSSIBLE + 1)) for star in range(1, POSSIBLE)}
    found = dict(singles)
    for (first, one), (second, other) in combinations(singles.items(), 2):
        if one.attributes != other.attributes:
            found[f"{first}, {second}"] = one.both(other)
    found |= {f"not {label}": Group(group.where, inverted=True) for label, group in found.items()}
    return {
        label: group for label, group in found.items() if 1 <= sum(map(group, people)) < suppression.FEWEST
    }


LINKED = ({"stars", "cohort"}, {"project", "quiz"})
"""Attributes of which a figure speaks together."""


class System:
    """Equations over the people of every combination of the given attributes, as echelon rows."""

    def __init__(self, known: Figures, attributes: frozenset[str]) -> None:
        names = sorted(attributes)
        self.atoms = [
            Learner(**dict(zip(names, values, strict=True)))  # type: ignore[arg-type]
            for values in product(*(DOMAINS[name] for name in names))
        ]
        self.rows: list[tuple[int, list[int], int]] = []
        for count, group in known:
            if group.attributes <= attributes:
                self._learn([int(group(atom)) for atom in self.atoms], count)

    def value(self, group: Group) -> int | None:
        """The group's count, if it follows."""
        row, count = self._reduced([int(group(atom)) for atom in self.atoms], 0)
        return None if any(row) else -count % PRIME

    def _reduced(self, row: list[int], count: int) -> tuple[list[int], int]:
        for pivot, known, value in self.rows:
            if factor := row[pivot]:
                row = [(mine - factor * theirs) % PRIME for mine, theirs in zip(row, known, strict=True)]
                count = (count - factor * value) % PRIME
        return row, count

    def _learn(self, row: list[int], count: int) -> None:
        row, count = self._reduced(row, count)
        pivot = next((at for at, entry in enumerate(row) if entry), None)
        if pivot is not None:
            inverse = pow(row[pivot], -1, PRIME)
            self.rows.append((pivot, [entry * inverse % PRIME for entry in row], count * inverse % PRIME))


def determined(people: Sequence[Learner], known: Figures) -> dict[str, int]:
    """The groups of 1 to 9 people whose counts follow from the figures.

    Figures of attributes that are not linked with a group's own say nothing of it but the total, so that each group
    is looked for among the combinations of those attributes only.
    """
    systems: dict[frozenset[str], System] = {}
    found: dict[str, int] = {}
    for label, group in small_groups(people).items():
        linked = group.attributes.union(*(them for them in LINKED if them & group.attributes))
        if linked not in systems:
            systems[linked] = System(known, linked)
        value = systems[linked].value(group)
        if value is not None:
            found[label] = value
    return found


def twins(people: Sequence[Learner], group: Group) -> Iterable[list[Learner]]:
    """Populations in which the group has another size: one person changed in one attribute, or two in one each,
    or the values of two people exchanged."""
    singles = [
        (at, replace(one, **{name: value}))  # type: ignore[arg-type]
        for at, one in enumerate(people)
        for name in sorted(group.attributes)
        for value in DOMAINS[name]
        if value != getattr(one, name)
    ]
    for changes in (*((one,) for one in singles), *combinations(singles, 2)):
        other = list(people)
        for at, changed in changes:
            other[at] = changed
        if sum(map(group, other)) != sum(map(group, people)):
            yield other

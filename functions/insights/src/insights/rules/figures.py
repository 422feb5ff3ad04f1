"""How groups are named, ordered and told: plain English, no number left for a client to derive."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt

from insights.rules.catalogue import CATALOGUE, MetricName

TIERS = {"bronze": "Bronze", "silver": "Silver", "gold": "Gold", "none": "No tier yet"}
BANDS = {"0": "Below 60 %", "60": "60 to 79 %", "80": "80 % and more"}
TARGETS = {"silver": "To Silver", "gold": "To Gold"}
SOURCES = {"model": "A model", "bank": "A bank", "generic": "Generic content", "person": "A person"}
STARS = {str(star): f"Star {star}" for star in range(1, 6)}
NAMED: Mapping[MetricName, Mapping[str, str]] = {
    MetricName.STAR_ACQUISITION: STARS,
    MetricName.TIER_DISTRIBUTION: TIERS,
    MetricName.PROMOTION_EXAMS: TARGETS,
    MetricName.PROJECT_QUALITY: BANDS,
    MetricName.INTERVIEW_PERFORMANCE: BANDS,
    MetricName.QUIZ_EFFECTIVENESS: BANDS,
    MetricName.AI_QUALITY: SOURCES,
    MetricName.COHORT_COMPARISON: {"cohort": "Cohorts of organizations"},
    MetricName.PROJECT_RELEVANCE: {"none": "No background chosen"},
}
UNKNOWN = {
    MetricName.MODULE_COMPLETION: "A module that is not here any more",
    MetricName.COMPLETION_RATES: "A program of another organization",
    MetricName.PROJECT_RELEVANCE: "A background of another organization",
}
SUPPRESSED = "Not shown: fewer than 10 people, or so few others that they could be told apart"
EMPTY = "No learners yet."
NOTHING_RELEASED = "Figures for analysts are made on the first night of each month; there are none yet."
FEWEST_TO_CORRELATE = 10


@dataclass(frozen=True, slots=True)
class Figure:
    """A group with its numbers, none of which is there when it is suppressed."""

    key: str
    label: str
    numerator: int | None
    denominator: int | None
    average: float | None

    @property
    def value(self) -> float | None:
        """Percent, with one decimal."""
        if self.numerator is None or not self.denominator:
            return None
        return round(100 * self.numerator / self.denominator, 1)


def label(name: MetricName, key: str, title: str | None) -> str:
    """The group's name."""
    return title or NAMED.get(name, {}).get(key) or UNKNOWN.get(name) or key


def order(name: MetricName, key: str, title: tuple[str, int] | None) -> tuple[int, int, str, str]:
    """Where a group stands: fixed groups in their own order, others by place, then by title."""
    fixed = list(NAMED.get(name, {}))
    place = fixed.index(key) if key in fixed else -1
    return (place, title[1] if title else 10**9, title[0] if title else "", key)


def average(amount: Decimal, counted: int) -> float | None:
    """With one decimal."""
    return round(float(amount / counted), 1) if counted else None


def row_text(name: MetricName, figure: Figure, *, exact: bool, left_out: int = 0) -> str:
    """A group in a sentence. `left_out` programs are not in the numbers."""
    if figure.numerator is None or figure.denominator is None:
        return SUPPRESSED
    if not figure.denominator:
        return "Nobody yet"
    said = f"{'' if exact else 'About '}{figure.numerator:,} of {figure.denominator:,} learners ({figure.value} %)"
    if figure.average is not None:
        said += f"; {average_text(name, figure.average)}"
    return f"{said}; {left_out:,} left out" if left_out else said


def average_text(name: MetricName, value: float) -> str:
    """The second number in words."""
    unit = CATALOGUE[name].average_unit
    return f"{value} {'%' if unit == 'percent' else unit} on average"


def headline(name: MetricName, figures: Sequence[Figure], *, exact: bool) -> str:
    """The metric in a sentence."""
    shown = [figure for figure in figures if figure.numerator is not None and figure.denominator]
    if not shown:
        return EMPTY if exact else "No group is large enough to be shown."
    about = "" if exact else "about "
    if CATALOGUE[name].distribution:
        most = max(shown, key=lambda figure: figure.numerator or 0)
        return f"Most frequent: {most.label}, {about}{most.numerator:,} of {most.denominator:,} learners ({most.value} %)."
    best = max(shown, key=lambda figure: figure.value or 0)
    done = sum(figure.numerator or 0 for figure in shown)
    of = sum(figure.denominator or 0 for figure in shown)
    overall = f"{round(100 * done / of, 1)} % over all groups"
    return (
        f"{overall}; highest: {best.label}, {about}{best.value} %."
        if len(shown) > 1
        else f"{best.label}: {about}{best.value} %."
    )


def correlation(n: int, sums: Mapping[str, Decimal]) -> float | None:
    """Pearson's r of n pairs, from the sums of x, y, xx, yy and xy; None where it means nothing."""
    if n < FEWEST_TO_CORRELATE:
        return None
    x, y, xx, yy, xy = (sums[key] for key in ("_x", "_y", "_xx", "_yy", "_xy"))
    spread = (n * xx - x * x) * (n * yy - y * y)
    return round(float(n * xy - x * y) / sqrt(spread), 2) if spread > 0 else None

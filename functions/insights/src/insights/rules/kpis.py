"""What dashboards show: each figure in plain words, with its comparison a week before and the list that it counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from lodestar.principal import ADMINISTRATORS, STAFF, Role

WEEK = timedelta(days=7)
PERCENT = "percent"


class Dashboard(StrEnum):
    """Who looks at it."""

    ADMIN = "admin"
    STAFF = "staff"
    ANALYST = "analyst"


class Kpi(StrEnum):
    """A figure of a dashboard."""

    LEARNERS = "learners"
    ACTIVE_LEARNERS = "active-learners"
    NEW_ENROLLMENTS = "new-enrollments"
    STARS_EARNED = "stars-earned"
    REVIEWS_WAITING = "reviews-waiting"
    APPEALS_OPEN = "appeals-open"
    EXPORTS_FAILED = "exports-failed"
    REPORTS_FAILED = "reports-failed"
    AI_FAILURE_RATE = "ai-failure-rate"
    DELIVERIES_FAILED = "deliveries-failed"


@dataclass(frozen=True, slots=True)
class Definition:
    """A figure in words: `unit` of one and of several, or `percent`; `url` lists what is counted."""

    title: str
    unit: str
    definition: str
    url: str
    one: str = ""

    def said(self, value: float) -> str:
        """The figure with its unit."""
        if self.unit == PERCENT:
            return f"{value:.1f} %"
        return f"{value:,.0f} {self.one if value == 1 else self.unit}"


DEFINITIONS: Mapping[Kpi, Definition] = {
    Kpi.LEARNERS: Definition(
        "Learners",
        "learners",
        "Learners on a program, each once a program, now and seven days ago. Who withdrew counts.",
        "/v1/insights/learners",
        "learner",
    ),
    Kpi.ACTIVE_LEARNERS: Definition(
        "Active learners",
        "learners",
        "People with any activity on a program within seven days, as of last night and of the night a week before.",
        "/v1/insights/learners?sort=-last_active_at",
        "learner",
    ),
    Kpi.NEW_ENROLLMENTS: Definition(
        "New enrolments",
        "enrolments",
        "Learners who came on a program within the last seven days, today included, and in the seven days before.",
        "/v1/insights/learners?sort=-enrolled_at",
        "enrolment",
    ),
    Kpi.STARS_EARNED: Definition(
        "Stars earned",
        "stars",
        "Stars that learners earned, or staff gave, within seven times 24 hours, and in those before.",
        "/v1/insights/activity?verb=earned_star",
        "star",
    ),
    Kpi.REVIEWS_WAITING: Definition(
        "Attempts waiting for review",
        "attempts",
        "Attempts on which a person has yet to decide, now and a week ago in the night.",
        "/v1/assessment/attempts?state=needs_review",
        "attempt",
    ),
    Kpi.APPEALS_OPEN: Definition(
        "Appeals open",
        "appeals",
        "Appeals that nobody has answered, now and a week ago in the night.",
        "/v1/assessment/appeals?state=open",
        "appeal",
    ),
    Kpi.EXPORTS_FAILED: Definition(
        "Exports that failed",
        "exports",
        "Exports that were given up within seven times 24 hours, and in those before.",
        "/v1/insights/exports?state=failed",
        "export",
    ),
    Kpi.REPORTS_FAILED: Definition(
        "Scheduled reports that failed",
        "reports",
        "Runs of scheduled reports that were given up within seven times 24 hours, and in those before.",
        "/v1/insights/report-schedules",
        "report",
    ),
    Kpi.AI_FAILURE_RATE: Definition(
        "Failed calls to AI models",
        PERCENT,
        "Of the calls to models within seven times 24 hours, those that did not succeed; and of those before.",
        "/v1/assessment/ai-runs",
    ),
    Kpi.DELIVERIES_FAILED: Definition(
        "Messages that failed",
        "messages",
        "Messages that were to be sent within seven times 24 hours and failed for good, and in those before.",
        "/v1/messaging/deliveries?state=failed",
        "message",
    ),
}


@dataclass(frozen=True, slots=True)
class Page:
    """A dashboard: its title, who may open it, and what it shows."""

    title: str
    roles: frozenset[Role]
    kpis: tuple[Kpi, ...] = ()


TEACHING = (
    Kpi.LEARNERS, Kpi.ACTIVE_LEARNERS, Kpi.NEW_ENROLLMENTS, Kpi.STARS_EARNED, Kpi.REVIEWS_WAITING, Kpi.APPEALS_OPEN,
)  # fmt: skip
PAGES: Mapping[Dashboard, Page] = {
    Dashboard.ADMIN: Page(
        "Administration",
        ADMINISTRATORS,
        (*TEACHING, Kpi.EXPORTS_FAILED, Kpi.REPORTS_FAILED, Kpi.AI_FAILURE_RATE, Kpi.DELIVERIES_FAILED),
    ),
    Dashboard.STAFF: Page("Our learners", STAFF, TEACHING),
    Dashboard.ANALYST: Page("Aggregates", frozenset({Role.ANALYST})),
}
GAUGES = (Kpi.ACTIVE_LEARNERS, Kpi.REVIEWS_WAITING, Kpi.APPEALS_OPEN)
"""What is kept each night, because nothing else tells how it stood a week ago."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A value, and the one that it is compared with; None where there is none."""

    value: float | None
    previous: float | None

    @property
    def change(self) -> float | None:
        """How much more it is."""
        if self.value is None or self.previous is None:
            return None
        return round(self.value - self.previous, 1)


def rate(failed: int, of: int) -> float | None:
    """In percent, with one decimal; None of nothing."""
    return round(100 * failed / of, 1) if of else None


def said(kpi: Kpi, figure: Figure) -> str:
    """The figure and its trend, in a sentence."""
    known = DEFINITIONS[kpi]
    if figure.value is None:
        return (
            "There were no calls."
            if known.unit == PERCENT
            else "It is counted in the night; look again tomorrow."
        )
    now = known.said(figure.value)
    if figure.change is None:
        return f"{now}. There is nothing yet to compare it with."
    if figure.change == 0:
        return (
            f"{now}, as many as the week before." if known.unit != PERCENT else f"{now}, as the week before."
        )
    much = f"{abs(figure.change):.1f} points" if known.unit == PERCENT else f"{abs(figure.change):,.0f}"
    return f"{now}, {much} {'more' if figure.change > 0 else 'fewer'} than the week before."


def first_id(moment: datetime) -> UUID:
    """What no id is below that was made at or after the moment (RFC 9562, UUIDv7)."""
    return UUID(int=int(moment.astimezone(UTC).timestamp() * 1000) << 80)

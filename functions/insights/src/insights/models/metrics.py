"""Metrics' tables: facts a learner and program, their rollups by day, the nightly rebuild, the analysts' releases.

They are written by statements over sets of rows (`repository.facts`), never one by one.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base

CURRENT = text("backbone.current_org()")
SCHEMA = {"schema": "insights"}


class EnrollmentFacts(Base):
    """What the metrics know of a learner on a program; `day` is of the enrolment, `cohort` its id or a month."""

    __tablename__ = "enrollment_facts"
    __table_args__ = (SCHEMA,)

    enrollment_id: Mapped[UUID] = mapped_column(primary_key=True)
    org_id: Mapped[UUID] = mapped_column(server_default=CURRENT)
    learner_id: Mapped[UUID]
    program_id: Mapped[UUID]
    day: Mapped[date]
    cohort: Mapped[str]
    tier: Mapped[str]
    stars: Mapped[int]
    possible: Mapped[int]
    background: Mapped[str]
    star_days: Mapped[list[int | None]] = mapped_column(ARRAY(Integer))
    modules: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    modules_done: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    exams_taken: Mapped[list[str]] = mapped_column(ARRAY(Text))
    exams_passed: Mapped[list[str]] = mapped_column(ARRAY(Text))
    project_score: Mapped[Decimal | None]
    interview_score: Mapped[Decimal | None]
    quiz_score: Mapped[Decimal | None]
    project_rating: Mapped[Decimal | None]
    project_begun: Mapped[bool]
    project_submitted: Mapped[bool]
    sources: Mapped[list[str]] = mapped_column(ARRAY(Text))
    sources_clean: Mapped[list[str]] = mapped_column(ARRAY(Text))


class DailyMetric(Base):
    """The learners of one day's enrolments, in one program, cohort and tier, that are in one group of a metric.
    `amount` is the sum of what is averaged, over `counted` of them."""

    __tablename__ = "daily_metrics"
    __table_args__ = (SCHEMA,)

    org_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=CURRENT)
    metric: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    program_id: Mapped[UUID] = mapped_column(primary_key=True)
    cohort: Mapped[str] = mapped_column(primary_key=True)
    tier: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    numerator: Mapped[int]
    denominator: Mapped[int]
    amount: Mapped[Decimal]
    counted: Mapped[int]


class MetricRebuild(Base):
    """How far an organization's rebuild of `day` is: facts up to `after`, then rollups of `metric` up to the day `since`."""

    __tablename__ = "metric_rebuilds"
    __table_args__ = (SCHEMA,)

    org_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=CURRENT)
    day: Mapped[date]
    after: Mapped[UUID | None]
    facts_done: Mapped[bool] = mapped_column(default=False)
    metric: Mapped[str | None]
    since: Mapped[date | None]
    repaired: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None]
    finished_day: Mapped[date | None]
    released_month: Mapped[date | None]


class MetricRelease(Base):
    """What analysts read of a group of an organization's program, this month: nothing where it is withheld."""

    __tablename__ = "metric_releases"
    __table_args__ = (SCHEMA,)

    org_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=CURRENT)
    metric: Mapped[str] = mapped_column(primary_key=True)
    program_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[date]
    withheld: Mapped[bool]
    numerator: Mapped[int]
    denominator: Mapped[int]
    amount: Mapped[Decimal]
    counted: Mapped[int]
